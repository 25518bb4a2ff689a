"""Errors in a line each, and failures that have the same one.

Two failures have the same cause when their errors are of one class and their messages
differ only in numbers and ids.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Self
from urllib.parse import urlencode

from django.utils.translation import ngettext

from console.spans import Span
from console.tables.instants import Instant
from console.tables.versions import digest
from console.tables.workflows import WorkflowRow

MESSAGE_CHARACTERS = 300
"""What is kept of the message of an error in a list."""

_HEAD = re.compile(
    r'\{"type":"((?:[^"\\]|\\u[0-9a-f]{4}|\\[^u])*)"'
    r',"message":"((?:[^"\\]|\\u[0-9a-f]{4}|\\[^u])*)',
    re.IGNORECASE,
)
"""How a recorded error begins; the message may be cut off anywhere."""

_EXHAUSTED = re.compile(
    r"Step '(?P<step>[^']+)' failed at each of its \d+ attempts?; "
    r"the last error was (?P<last>.+?)(?:\. (?:All|Not all) are in \.errors;.*)?$"
)
"""What `MaxStepRetriesExceeded` says; a line has room for its last error alone."""

_VARYING = re.compile(
    r"\b0x[0-9a-f]+\b"
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    r"|(?<![^\W_])(?=[^\W\d_]*\d)[^\W_]{6,}"  # letters and digits, mixed
    r"|[0-9]+(?:[.,:][0-9]+)*",
    re.IGNORECASE,
)
"""What differs between messages of one cause: numbers, addresses, ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """An error as a list shows it. It tells of payloads."""

    type_name: str  # the class, as "module.qualname"
    message: str  # its beginning, in one line

    @classmethod
    def of(cls, head: str) -> Self | None:
        """Read how a stored error begins; None: it is encrypted, or not ours."""
        found = _HEAD.match(head)
        if found is None:
            return None
        type_name, message = (_decoded(text) for text in found.groups())
        line = " ".join(message.split())
        if exhausted := _EXHAUSTED.match(line):
            step = exhausted["step"].rpartition(".")[2]
            line = f"{step}: {exhausted['last']}"
        return cls(type_name=type_name, message=line[:MESSAGE_CHARACTERS])

    @property
    def short_type(self) -> str:
        """The name of the class alone."""
        return self.type_name.rpartition(".")[2]

    @property
    def line(self) -> str:
        """Both, as a traceback ends."""
        return f"{self.short_type}: {self.message}" if self.message else self.short_type

    @property
    def pattern(self) -> str:
        """The message without what differs from failure to failure."""
        return _VARYING.sub("…", self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRow(WorkflowRow):
    """A workflow in a list that failed, with why."""

    cause: Cause | None

    @classmethod
    def of(cls, row: WorkflowRow, cause: Cause | None) -> Self:
        """Add to a row why it failed."""
        known = {one.name: getattr(row, one.name) for one in fields(row)}
        return cls(**known, cause=cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A workflow that failed, and of what."""

    workflow_id: str
    name: str
    at: datetime
    cause: Cause | None  # None: nobody can tell


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRow:
    """Failures of one cause."""

    key: str  # names the cause among those of its range of time
    type_name: str
    text: str  # the message they share; empty where it is not told
    count: int
    names: tuple[tuple[str, int], ...]  # of workflows, each with how many failed
    newest: Instant
    example: str  # the id of the newest; empty where it is not told
    ids: tuple[str, ...]  # newest first

    @property
    def count_text(self) -> str:
        """How many there are."""
        return f"{self.count:,}"

    @property
    def short_type(self) -> str:
        """The name of the class alone."""
        return self.type_name.rpartition(".")[2]

    @property
    def where(self) -> str:
        """The workflows that failed so, most often first."""
        short = [name.rpartition(".")[2] for name, _number in self.names]
        more = len(short) - 3
        text = ", ".join(short[:3])
        rest = ngettext("and %d other", "and %d others", more) % more
        return f"{text} {rest}" if more > 0 else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """Why workflows failed in a range of time, the most frequent cause first."""

    span: Span
    rows: Sequence[CauseRow]
    read: int  # failures that were looked at, the newest
    total: int

    @property
    def cut(self) -> bool:
        """Whether there are failures that were not looked at."""
        return self.read < self.total

    @property
    def read_text(self) -> str:
        """How many were looked at."""
        return f"{self.read:,}"

    @property
    def query(self) -> str:
        """Of the list of all that failed."""
        return urlencode([("status", "FAILED"), *self.span.pairs("completed")])

    @property
    def version(self) -> str:
        """Changes when any shown value does."""
        shown = [(row.key, row.count, row.newest.iso) for row in self.rows]
        return digest(self.read, self.total, *shown)


def grouped(failed: Iterable[Failed]) -> list[CauseRow]:
    """Put failures of the same cause together.

    Args:
        failed: newest first.
    """
    groups: dict[tuple[str, str], list[Failed]] = defaultdict(list)
    for one in failed:
        cause = one.cause
        groups[(cause.type_name, cause.pattern) if cause else ("", "")].append(one)
    rows = [_row(key, some) for key, some in groups.items()]
    return sorted(rows, key=lambda row: (-row.count, -row.newest.at.timestamp()))


def _row(key: tuple[str, str], some: list[Failed]) -> CauseRow:
    type_name, pattern = key
    names = Counter(one.name for one in some)
    newest = some[0]
    return CauseRow(
        key=digest(type_name, pattern),
        type_name=type_name,
        # Alone it is told as it is; the numbers of many would be those of one.
        text=newest.cause.message if newest.cause and len(some) == 1 else pattern,
        count=len(some),
        names=tuple(names.most_common()),
        newest=Instant(at=newest.at),
        example=newest.workflow_id,
        ids=tuple(one.workflow_id for one in some),
    )


def _decoded(text: str) -> str:
    """Decode a part of JSON's text, and keep nothing that UTF-8 cannot hold."""
    found: str = json.loads(f'"{text}"', strict=False)
    return found.encode("utf-8", "replace").decode()
