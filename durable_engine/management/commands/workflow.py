"""`manage.py workflow`: look at workflows, and act on them."""

from durable_engine.management.shell.family import Family
from durable_engine.management.workflow.cancel import Cancel
from durable_engine.management.workflow.children import Children
from durable_engine.management.workflow.delete import Delete
from durable_engine.management.workflow.events import Events
from durable_engine.management.workflow.export import Export
from durable_engine.management.workflow.fork import Fork
from durable_engine.management.workflow.get import Get
from durable_engine.management.workflow.importing import Import
from durable_engine.management.workflow.list import List
from durable_engine.management.workflow.messages import Messages
from durable_engine.management.workflow.prune import Prune
from durable_engine.management.workflow.recover import Recover
from durable_engine.management.workflow.replay import Replay
from durable_engine.management.workflow.restart import Restart
from durable_engine.management.workflow.resume import Resume
from durable_engine.management.workflow.retry import Retry
from durable_engine.management.workflow.send import Send
from durable_engine.management.workflow.start import Start
from durable_engine.management.workflow.steps import Steps
from durable_engine.management.workflow.streams import Streams


class Command(Family):
    """Looks at workflows, starts them, and acts on one or many."""

    help = "Look at workflows, start them, and act on one or many of them."
    words = (
        List(),
        Get(),
        Steps(),
        Events(),
        Messages(),
        Streams(),
        Children(),
        Start(),
        Send(),
        Cancel(),
        Resume(),
        Restart(),
        Fork(),
        Retry(),
        Delete(),
        Prune(),
        Replay(),
        Export(),
        Import(),
        Recover(),
    )
