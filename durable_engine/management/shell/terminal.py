"""What a command writes on: width, colours, questions, progress.

Answers go to standard output, all else to standard error. Nothing from the database
reaches a terminal but printable characters.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import OutputWrapper

from durable_engine.states import WorkflowState

_STYLES: dict[str, str] = {
    WorkflowState.SUCCESS: "SUCCESS",
    WorkflowState.ERROR: "ERROR",
    WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED: "ERROR",
    WorkflowState.CANCELLED: "WARNING",
    WorkflowState.PENDING: "MIGRATE_HEADING",
}
_CLEAR_LINE = "\r\x1b[K"


class Terminal:
    """The two streams of a command, and what can be done with them.

    `width` is that of the terminal; None where the answer goes elsewhere, into a
    file or a pipe, and nothing is cut.
    """

    def __init__(
        self, out: OutputWrapper, err: OutputWrapper, style: Any, *, as_json: bool
    ) -> None:
        self._out = out
        self._err = err
        self._style = style
        self._coloured = bool(out.isatty()) and not os.environ.get("NO_COLOR")
        self.as_json = as_json
        self.width = None
        if out.isatty() or "COLUMNS" in os.environ:
            self.width = shutil.get_terminal_size().columns

    def line(self, text: str = "") -> None:
        """Write a line of the answer."""
        self._out.write(text, ending="\n")

    def text(self, text: str) -> None:
        """Write a part of the answer as it is."""
        self._out.write(text, ending="")

    def note(self, text: str) -> None:
        """Write a line beside the answer."""
        # Without Django's style: red is for errors.
        self._err.write(text, lambda plain: plain)

    def flush(self) -> None:
        """Hand over what is written, while somebody looks at errors."""
        self._out.flush()

    def paint(self, status: str, text: str | None = None) -> str:
        """Return a status, or a text about it, in the colour of the status."""
        shown = status if text is None else text
        name = _STYLES.get(status) if self._coloured else None
        painted: Callable[[str], str] = getattr(self._style, name) if name else str
        return painted(shown)

    def confirm(self, question: str) -> bool | None:
        """Ask for a yes; None: nobody is there to be asked."""
        if not (sys.stdin.isatty() and self._err.isatty()):
            return None
        self._err.write(f"{question} [y/N] ", lambda plain: plain, ending="")
        self._err.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[int], None]]:
        """Give a function that shows how far it is; silent but on a terminal."""
        shows = self._err.isatty()

        def show(done: int) -> None:
            if shows:
                self._write_over(f"{what}: {done:,}")

        try:
            yield show
        finally:
            if shows:
                self._write_over("")

    def _write_over(self, text: str) -> None:
        self._err.write(f"{_CLEAR_LINE}{text}", lambda plain: plain, ending="")
        self._err.flush()


def printable(text: str) -> str:
    """Return a text of one line that does nothing to a terminal but show."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode()
        for one in text
    )
