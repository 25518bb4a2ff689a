"""`workflow list`: which workflows there are."""

from django.core.management.base import CommandParser

from durable_engine.management.shell.faults import usage_errors
from durable_engine.management.shell.given import positive
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.management.workflow.filters import add_filters, filters_of
from durable_engine.management.workflow.listing import Listing
from durable_engine.management.workflow.viewing import (
    require_payloads,
    require_view,
    shows_payloads,
)

_ROWS = 100
_TELL_PAYLOADS = ("search", "attributes")


class List(Word):
    """Lists workflows that match every filter given."""

    name = "list"
    help = (
        "List workflows, the newest first. With --json the answer is "
        '{"items": [...], "next": cursor}; it is written as it is read, so that any '
        "number can be listed."
    )
    examples = """
    workflow list
    workflow list --status ERROR,CANCELLED --completed-after 2026-11-22T00:00:00Z
    workflow list --name shop.workflows.checkout --limit 1000 --json
    workflow list --status ERROR --all --ids | xargs -n1 echo
    workflow list --queue mail --status ENQUEUED --ids | manage.py workflow cancel -
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare filters, order, and how many."""
        add_filters(parser)
        parser.add_argument(
            "--limit",
            type=positive,
            default=_ROWS,
            metavar="N",
            help="at most so many, any number (default: %(default)s)",
        )
        parser.add_argument(
            "--all", action="store_true", dest="no_limit", help="all that match"
        )
        parser.add_argument(
            "--cursor", metavar="TEXT", help="go on where a list before has ended"
        )
        parser.add_argument(
            "--oldest-first", action="store_true", help="the oldest first"
        )
        parser.add_argument(
            "--load-input", action="store_true", help="with inputs (--json)"
        )
        parser.add_argument(
            "--load-output",
            action="store_true",
            help="with outputs and errors (--json)",
        )
        parser.add_argument(
            "--ids", action="store_true", help="write ids only, one a line"
        )

    def run(self, shell: Shell, options: Options) -> None:
        """Write the list."""
        require_view(shell)
        with usage_errors():
            filters = filters_of(options)
        if any(name in filters for name in _TELL_PAYLOADS):
            require_payloads(shell)
        payloads = not shell.terminal.as_json or shows_payloads(shell)
        filters["sort_desc"] = not options["oldest_first"]
        if shell.terminal.as_json and payloads:
            filters["load_input"] = options["load_input"]
            filters["load_output"] = options["load_output"]
        listing = Listing(
            filters,
            most=None if options["no_limit"] else options["limit"],
            cursor=options["cursor"],
            payloads=payloads,
        )
        listing.write(shell.terminal, ids_only=options["ids"])
