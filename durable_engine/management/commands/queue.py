"""`manage.py queue`: look at queues, pause and limit them."""

from durable_engine.management.queue.list import List
from durable_engine.management.queue.pause import Pause
from durable_engine.management.queue.resume import Resume
from durable_engine.management.queue.set import Set
from durable_engine.management.shell.family import Family


class Command(Family):
    """Looks at queues, pauses and limits them."""

    help = "Look at queues, pause and resume them, and override their limits."
    words = (List(), Pause(), Resume(), Set())
