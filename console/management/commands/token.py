"""`manage.py token`: make, list and revoke tokens of the JSON API."""

from console.management.token.create import Create
from console.management.token.list import List
from console.management.token.revoke import Revoke
from durable_engine.management.shell.family import Family


class Command(Family):
    """Makes, lists and revokes tokens of the JSON API."""

    help = "Make, list and revoke tokens with which programs use the JSON API."
    words = (List(), Create(), Revoke())
