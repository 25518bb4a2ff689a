"""The words of `manage.py token`, one a file."""

from console.management.token.create import Create
from console.management.token.list import List
from console.management.token.revoke import Revoke

WORDS = (List(), Create(), Revoke())
"""What `durable_engine.management.commands.token` finds here."""
