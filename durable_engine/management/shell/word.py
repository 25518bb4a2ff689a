"""One word of a command, such as `list` of `workflow list`."""

import abc
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from durable_engine.management.shell.terminal import Terminal
from durable_engine.records.operators import Operator, OperatorAct

Options = dict[str, Any]
"""What was said on the command line, by the names of the arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Who called a word, and what its answers are written on."""

    terminal: Terminal
    operator: Operator
    reason: str = ""

    def act(
        self, action: str, permission: str, target_type: str, *target_ids: str
    ) -> OperatorAct:
        """Return what the operator does to these targets, not yet done."""
        return OperatorAct(
            operator=self.operator,
            action=action,
            permission=permission,
            target_type=target_type,
            target_ids=target_ids,
            reason=self.reason,
        )


class Word(abc.ABC):
    """One thing that a command can be told to do.

    `help` is a sentence or two; `examples` are whole command lines, one a line, that
    follow `manage.py`.
    """

    name: ClassVar[str]
    help: ClassVar[str]
    examples: ClassVar[str] = ""
    writes: ClassVar[bool] = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be said after the word; by default nothing."""
        del parser

    @abc.abstractmethod
    def run(self, shell: Shell, options: Options) -> None:
        """Do it, and write the answer.

        Raises:
            CommandError: not all was done; `returncode` is 1, or 2 for wrong usage.
        """
