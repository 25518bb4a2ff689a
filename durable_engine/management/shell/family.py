"""A command that consists of words: `manage.py workflow list`."""

import argparse
import inspect
from typing import Any, NoReturn

from django.core.management.base import (
    BaseCommand,
    CommandParser,
    DjangoHelpFormatter,
)

from durable_engine.management.shell.faults import UsageError, reported
from durable_engine.management.shell.operators import find_operator
from durable_engine.management.shell.terminal import Terminal
from durable_engine.management.shell.word import Shell, Word

_BASE_OPTIONS = ("--settings", "--pythonpath")
_BASE_SWITCHES = ("--traceback", "--no-color", "--force-color", "--skip-checks")


class _HelpFormatter(DjangoHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Django's order of options; examples keep their lines."""


class _WordParser(CommandParser):
    """Reads what follows a word."""

    def error(self, message: str) -> NoReturn:
        """End as wrong usage, for a program that calls the command, too."""
        if getattr(self, "called_from_command_line", None):
            super().error(message)
        told = f"Error: {message}"
        raise UsageError(told)


class Family(BaseCommand):
    """Reads the command line, finds the word, and runs it.

    Exit status: 0 done, 1 not all was done, 2 wrong usage, 130 interrupted.
    """

    words: tuple[Word, ...]

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare every word with its arguments."""
        parser.formatter_class = _HelpFormatter
        choices = parser.add_subparsers(
            dest="word",
            metavar="WORD",
            required=True,
            title="words",
            parser_class=_WordParser,
        )
        for word in self.words:
            part = choices.add_parser(
                word.name,
                help=(inspect.getdoc(word) or "").partition(".")[0],
                description=word.help,
                epilog=_epilog(word),
                formatter_class=_HelpFormatter,
            )
            word.add_arguments(part)
            _add_shared(part, writes=word.writes)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the word."""
        del args
        word = next(one for one in self.words if one.name == options["word"])
        terminal = Terminal(
            self.stdout, self.stderr, self.style, as_json=options["as_json"]
        )
        with reported(terminal):
            operator = find_operator(options["user"])
            reason = options.get("reason", "")
            shell = Shell(terminal=terminal, operator=operator, reason=reason)
            word.run(shell, options)
            terminal.flush()


def _epilog(word: Word) -> str | None:
    lines = word.examples.strip().splitlines()
    if not lines:
        return None
    return "\n".join(["examples:", *(f"  manage.py {line.strip()}" for line in lines)])


def _add_shared(parser: CommandParser, *, writes: bool) -> None:
    parser.add_argument(
        "--json",
        action="store_true",
        dest="as_json",
        help="answer with one JSON document",
    )
    parser.add_argument(
        "--user",
        metavar="NAME",
        help="act as this Django user, with no more than the user's permissions",
    )
    if writes:
        parser.add_argument(
            "--reason", metavar="TEXT", default="", help="why, for the audit trail"
        )
    # What Django takes before the word is taken after it too.
    for option in _BASE_OPTIONS:
        parser.add_argument(option, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    for switch in _BASE_SWITCHES:
        parser.add_argument(
            switch,
            action="store_true",
            default=argparse.SUPPRESS,
            help=argparse.SUPPRESS,
        )
    parser.add_argument(
        "-v",
        "--verbosity",
        type=int,
        choices=(0, 1, 2, 3),
        default=argparse.SUPPRESS,
        help=argparse.SUPPRESS,
    )
