"""`token create`."""

from datetime import timedelta

from django.core.management.base import CommandParser

from console.actions import tokens as actions
from console.actions.commands import actor_at_shell
from console.permissions import Permission
from console.tokens import IssuedToken, TokenOrder, permissions_named
from durable_engine.clock import from_epoch, wall_epoch
from durable_engine.management.shell.documents import write_document
from durable_engine.management.shell.faults import usage_errors
from durable_engine.management.shell.given import amount
from durable_engine.management.shell.operators import find_user
from durable_engine.management.shell.word import Options, Shell, Word

_MOST_DAYS = 36_500


class Create(Word):
    """Makes a token and writes it, this once."""

    name = "create"
    help = (
        "Make a token of the JSON API and write it, this once: only its hash is kept. "
        "It may do what it is made for and its user may do, nothing more."
    )
    examples = """
    token create ada --name ci --permission start_workflow view_workflow
    token create ada --name report --permission view_workflow --days 30
    """
    writes = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare whose it is, what for, and how long."""
        parser.add_argument(
            "owner", metavar="USER", help="the user in whose name it acts"
        )
        parser.add_argument(
            "--name", required=True, metavar="TEXT", help="what it is for"
        )
        parser.add_argument(
            "--permission",
            action="extend",
            nargs="+",
            required=True,
            metavar="P",
            help="what it may do, one or several: " + ", ".join(Permission),
        )
        parser.add_argument(
            "--days", type=amount, metavar="N", help="how long (default: for ever)"
        )

    def run(self, shell: Shell, options: Options) -> None:
        """Make it; its text is the whole answer, or in the document."""
        with usage_errors():
            order = _order(options)
            actor = actor_at_shell(shell.operator)
            issued = actions.create(actor, order, shell.reason)
        if shell.terminal.as_json:
            write_document(shell.terminal, _document(issued))
        else:
            shell.terminal.line(issued.text)
            shell.terminal.note("Keep it: it is shown this once.")


def _order(options: Options) -> TokenOrder:
    days = options["days"]
    if days is not None and not 0 < days <= _MOST_DAYS:
        message = f"--days must be above 0 and at most {_MOST_DAYS}, not {days:g}"
        raise ValueError(message)
    expires_at = None
    if days is not None:
        expires_at = from_epoch(wall_epoch()) + timedelta(days=days)
    return TokenOrder(
        user=find_user(options["owner"]),
        name=options["name"],
        permissions=permissions_named(options["permission"]),
        expires_at=expires_at,
    )


def _document(issued: IssuedToken) -> dict[str, object]:
    token = issued.token
    return {
        "id": token.pk,
        "token": issued.text,
        "name": token.name,
        "user": token.user.get_username(),
        "permissions": token.permissions,
        "expires_at": token.expires_at,
    }
