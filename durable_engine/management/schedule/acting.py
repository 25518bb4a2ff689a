"""What is done to schedules, to one or to several."""

import abc
from collections.abc import Sequence
from typing import ClassVar

from django.core.management.base import CommandParser

from durable_engine.management.shell.answers import Answer, one_by_one, write_answer
from durable_engine.management.shell.given import add_ids, read_ids
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.records.operators import OperatorAct


class ActingWord(Word):
    """Does one thing to every schedule that is named."""

    writes = True
    done: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the names."""
        add_ids(parser, "NAME")

    def run(self, shell: Shell, options: Options) -> None:
        """Act, then tell of every schedule."""
        answer = Answer()

        def make(names: Sequence[str]) -> OperatorAct:
            action, permission = (
                f"{self.name}_schedule",
                "durable_engine.manage_schedule",
            )
            return shell.act(action, permission, "schedule", *names)

        names = read_ids(options["targets"])
        one_by_one(make, names, lambda name: self.change(name, options), answer)
        write_answer(shell.terminal, answer, self.done)

    @abc.abstractmethod
    def change(self, name: str, options: Options) -> object:
        """Do it to one; return what was made, or None.

        Raises:
            NonExistentSchedule: there is none of that name.
        """
