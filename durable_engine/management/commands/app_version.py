"""`manage.py app_version`: look at the versions of the application."""

from durable_engine.management.app_version.list import List
from durable_engine.management.shell.family import Family


class Command(Family):
    """Looks at the versions of the application that ran here."""

    help = "Look at the versions of the application that ran here."
    words = (List(),)
