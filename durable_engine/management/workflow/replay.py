"""`workflow replay`: would the code at hand continue what is recorded?"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from durable_engine.management.shell.documents import write_items
from durable_engine.management.shell.faults import UsageError
from durable_engine.management.shell.given import read_ids
from durable_engine.management.shell.terminal import printable
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.management.workflow.viewing import require_view
from durable_engine.replaying import (
    ReplayReport,
    check_file,
    check_in_flight,
    check_workflow,
)

_MOST_NAMED = 20


class Replay(Word):
    """Replays histories against the code at hand, before a deploy."""

    name = "replay"
    help = (
        "Run recorded histories against the code at hand, without any effect: no step "
        "runs, nothing is written. Each that would diverge is shown, the recorded and "
        "the called step side by side; the exit status is then 1. Code that only adds "
        "steps after what is recorded does not diverge."
    )
    examples = """
    workflow replay order-42
    workflow replay --in-flight
    workflow replay --file history.json
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare whose histories."""
        parser.add_argument(
            "targets",
            nargs="*",
            metavar="ID",
            help="one id or several; - reads them from standard input, one a line",
        )
        parser.add_argument(
            "--in-flight", action="store_true", help="all that have not ended"
        )
        parser.add_argument(
            "--file", metavar="PATH", help="those that `workflow export` wrote"
        )

    def run(self, shell: Shell, options: Options) -> None:
        """Replay, show what diverges, and fail if anything does.

        Raises:
            CommandError: something diverges; the message names it.
            UsageError: not one of the three was asked for.
        """
        findings = _Findings(shell, all_shown=bool(options["targets"]))
        reports = findings.seen(_reports(shell, options))
        if shell.terminal.as_json:
            write_items(shell.terminal, map(_document, reports))
        else:
            for report in reports:
                findings.show(report)
            counted = f"{findings.checked:,} replayed, {findings.count:,} diverge"
            shell.terminal.line(counted)
        if findings.count:
            raise CommandError(findings.message)


class _Findings:
    """Counts reports, and remembers the first ids that diverge."""

    def __init__(self, shell: Shell, *, all_shown: bool) -> None:
        self._shell = shell
        self._all_shown = all_shown
        self._named: list[str] = []
        self.checked = 0
        self.count = 0

    def seen(self, reports: Iterator[ReplayReport]) -> Iterator[ReplayReport]:
        """Pass reports on, counted."""
        with self._shell.terminal.progress("replayed") as show:
            for report in reports:
                self.checked += 1
                show(self.checked)
                if report.diverges:
                    self.count += 1
                    if self.count <= _MOST_NAMED:
                        self._named.append(printable(report.workflow_id))
                yield report

    def show(self, report: ReplayReport) -> None:
        """Write a report that is asked for, or that diverges."""
        if self._all_shown or report.diverges:
            for line in str(report).splitlines():
                self._shell.terminal.line(printable(line))

    @property
    def message(self) -> str:
        """Which diverge, and what to do."""
        more = self.count - len(self._named)
        ids = ", ".join(self._named) + (f" and {more:,} more" if more > 0 else "")
        return (
            f"The code at hand cannot continue {ids}. Keep what they recorded behind "
            "durable.patch(), or let a worker of their own version finish them."
        )


def _reports(shell: Shell, options: Options) -> Iterator[ReplayReport]:
    asked = [bool(options["targets"]), options["in_flight"], bool(options["file"])]
    if sum(asked) != 1:
        message = "give ids, or --in-flight, or --file PATH"
        raise UsageError(message)
    if options["file"]:
        try:
            return check_file(options["file"])
        except OSError as error:
            message = f"cannot read {options['file']}: {error.strerror}"
            raise CommandError(message) from error
    require_view(shell)
    if options["in_flight"]:
        return check_in_flight()
    # All of them before a word is written: an unknown id leaves no half document.
    return iter([check_workflow(one) for one in read_ids(options["targets"])])


def _document(report: ReplayReport) -> dict[str, Any]:
    divergence = report.divergence
    return {
        "id": report.workflow_id,
        "name": report.name,
        "recorded": report.recorded,
        "replayed": report.replayed,
        "diverges": report.diverges,
        "divergence": None if divergence is None else asdict(divergence),
    }
