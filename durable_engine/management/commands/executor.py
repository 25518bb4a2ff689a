"""`manage.py executor`: look at the processes that run workflows."""

from durable_engine.management.executor.list import List
from durable_engine.management.shell.family import Family


class Command(Family):
    """Looks at the processes that run workflows."""

    help = "Look at the processes that run workflows."
    words = (List(),)
