"""`workflow recover`."""

from collections.abc import Sequence

from django.core.management.base import CommandParser

from durable_engine.client.recovery import dead_executors, recover_executor
from durable_engine.management.shell.acting import permitted
from durable_engine.management.shell.answers import Answer, in_batches, write_answer
from durable_engine.management.shell.faults import usage_errors
from durable_engine.management.shell.given import read_ids
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.records.operators import OperatorAct, OperatorOutcome


class Recover(Word):
    """Takes over the workflows of dead executors by hand."""

    name = "recover"
    help = (
        "Take over the running workflows of dead executors, or of those named. Any live "
        "worker does that by itself when a lease has ended; this does it now. One that "
        "is alive is left alone, unless --force is given: its lease is ended then, so "
        "that it can record nothing more; a step that it runs may run again."
    )
    examples = """
    workflow recover
    workflow recover web-3:4711:9f2c1d00 --force --reason "hangs"
    """
    writes = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the executors, and whether live ones are meant."""
        parser.add_argument(
            "targets",
            nargs="*",
            metavar="EXECUTOR",
            help="see `executor list` (default: all that are dead); - reads them from "
            "standard input",
        )
        parser.add_argument(
            "--force", action="store_true", help="also from a live executor"
        )

    def run(self, shell: Shell, options: Options) -> None:
        """Take over, and tell which workflows of every executor."""
        answer = Answer()

        def make(batch: Sequence[str]) -> OperatorAct:
            permission = "durable_engine.resume_workflow"
            return shell.act("recover_executor", permission, "executor", *batch)

        def work(batch: list[str]) -> OperatorOutcome:
            return _recover(batch, options["force"], answer)

        targets = options["targets"]
        if not targets:
            permitted(make([""]))  # also where there is nothing to take over
        names = read_ids(targets) if targets else dead_executors()
        with usage_errors():
            in_batches(shell, make, names, work, answer)
        if not (names or shell.terminal.as_json):
            shell.terminal.line("No dead executor owns workflows.")
            return
        write_answer(shell.terminal, answer, "workflows taken over")


def _recover(names: list[str], force: bool, answer: Answer) -> OperatorOutcome:
    changed, unchanged = {}, {}
    for name in names:
        found = recover_executor(name, force=force)
        if found.left_because:
            unchanged[name] = found.left_because
        else:
            changed[name] = f"{len(found.workflow_ids)} workflows"
            answer.made[name] = found.workflow_ids
    return OperatorOutcome(changed=changed, unchanged=unchanged)
