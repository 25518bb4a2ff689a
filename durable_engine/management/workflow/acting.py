"""What is done to workflows that exist, to one or to many."""

import abc
from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from durable_engine import client
from durable_engine.errors import ConflictingWorkflow, NonExistentWorkflow
from durable_engine.management.shell.answers import Answer, in_batches, write_answer
from durable_engine.management.shell.given import add_ids, read_ids
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.records import BulkResult
from durable_engine.records.operators import OperatorAct, OperatorOutcome


class ActingWord(Word):
    """Does one thing to every workflow whose id is given.

    `done` says in a word what has become of a workflow.
    """

    writes = True
    permission: ClassVar[str]
    done: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the ids."""
        add_ids(parser)

    def run(self, shell: Shell, options: Options) -> None:
        """Act, in bounded batches, then tell of every workflow."""
        self.act(shell, options, read_ids(options["targets"]))

    def act(self, shell: Shell, options: Options, workflow_ids: list[str]) -> None:
        """Act on these, and tell."""
        answer = Answer()

        def make(batch: Sequence[str]) -> OperatorAct:
            action = f"{self.name}_workflow"
            return shell.act(action, self.permission, "workflow", *batch)

        def work(batch: list[str]) -> OperatorOutcome:
            return self.change(batch, options, answer)

        in_batches(shell, make, workflow_ids, work, answer)
        write_answer(shell.terminal, answer, self.done)

    @abc.abstractmethod
    def change(
        self, batch: list[str], options: Options, answer: Answer
    ) -> OperatorOutcome:
        """Do it to some; note in the answer what is made."""


class CopyingWord(ActingWord):
    """Makes a new workflow of every workflow whose id is given; they stay as they are."""

    permission = "durable_engine.fork_workflow"

    @abc.abstractmethod
    def copy(self, workflow_id: str, options: Options) -> client.WorkflowHandle[Any]:
        """Make the copy of one.

        Raises:
            NonExistentWorkflow: there is no such workflow.
        """

    def change(
        self, batch: list[str], options: Options, answer: Answer
    ) -> OperatorOutcome:
        """Copy each; the new ids are noted."""
        changed, unchanged = {}, {}
        for workflow_id in batch:
            try:
                made = self.copy(workflow_id, options).workflow_id
            except NonExistentWorkflow:
                unchanged[workflow_id] = client.NO_SUCH_WORKFLOW
            except ConflictingWorkflow as error:
                unchanged[workflow_id] = str(error)
            else:
                changed[workflow_id] = f"as {made}"
                answer.made[workflow_id] = made
        return OperatorOutcome(changed=changed, unchanged=unchanged)


def outcome_of(result: BulkResult) -> OperatorOutcome:
    """Return what a bulk call did."""
    changed = dict.fromkeys(result.changed, "")
    return OperatorOutcome(changed=changed, unchanged=result.unchanged)


def add_tree(parser: CommandParser, verb: str) -> None:
    """Let children be included."""
    parser.add_argument(
        "--children", action="store_true", help=f"also {verb} children, and theirs"
    )
