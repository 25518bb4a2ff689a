"""`manage.py schedule`: look at schedules, and act on them."""

from durable_engine.management.schedule.backfill import Backfill
from durable_engine.management.schedule.delete import Delete
from durable_engine.management.schedule.get import Get
from durable_engine.management.schedule.history import History
from durable_engine.management.schedule.list import List
from durable_engine.management.schedule.pause import Pause
from durable_engine.management.schedule.resume import Resume
from durable_engine.management.schedule.trigger import Trigger
from durable_engine.management.shell.family import Family


class Command(Family):
    """Looks at schedules, pauses, triggers and backfills them."""

    help = "Look at schedules, pause, resume, trigger, backfill and delete them."
    words = (
        List(),
        Get(),
        History(),
        Pause(),
        Resume(),
        Trigger(),
        Backfill(),
        Delete(),
    )
