"""Queues: how much waits in each, and what limits it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console import formats
from console.conf import COUNT_LIMIT
from console.tables.attention import Concern
from console.tables.instants import Instant
from console.tables.versions import digest

LIMIT_TITLES: dict[str, str | Promise] = {
    "concurrency": gettext_lazy("At once, over all workers"),
    "worker_concurrency": gettext_lazy("At once, in one worker"),
    "limiter": gettext_lazy("Starts in a period"),
    "partition_concurrency": gettext_lazy("At once, of one partition"),
}


_SHORT_TITLES: dict[str, str | Promise] = {
    "concurrency": gettext_lazy("at once"),
    "worker_concurrency": gettext_lazy("per worker"),
    "limiter": gettext_lazy("rate"),
    "partition_concurrency": gettext_lazy("per partition"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit: what code declares, what an operator says, what holds."""

    name: str
    declared: Any
    overridden: Any

    @property
    def title(self) -> str | Promise:
        """What it limits."""
        return LIMIT_TITLES[self.name]

    @property
    def short(self) -> str | Promise:
        """The same in a word or two."""
        return _SHORT_TITLES[self.name]

    @property
    def effective(self) -> Any:
        """What holds: the operator's word, else the code's; None: no limit."""
        return self.declared if self.overridden is None else self.overridden

    @property
    def text(self) -> str:
        """What holds, in words."""
        return written(self.effective)

    @property
    def declared_text(self) -> str:
        """What code declares, in words."""
        return written(self.declared)

    @property
    def changed(self) -> bool:
        """Whether an operator overrides it."""
        return self.overridden is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that a list can be ordered by."""

    key: str
    title: str | Promise
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One queue in a list."""

    name: str
    paused: bool
    enqueued: int
    delayed: int
    running: int
    oldest: Instant | None
    limits: tuple[Limit, ...]
    concern: Concern | None = None  # why it does not drain

    @property
    def version(self) -> str:
        """Changes when any shown value does."""
        oldest = self.oldest.iso if self.oldest else ""
        counts = (self.enqueued, self.delayed, self.running)
        concern = self.concern and self.concern.version
        return digest(self.name, self.paused, *counts, oldest, concern, *self.limits)

    @property
    def set_limits(self) -> list[Limit]:
        """The limits that hold."""
        return [limit for limit in self.limits if limit.effective is not None]

    @property
    def concurrency(self) -> int | None:
        """How many may run at once over all workers."""
        found: int | None = self.limits[0].effective
        return found

    @property
    def load(self) -> str:
        """How much of that runs, in percent, for a bar."""
        if not self.concurrency:
            return "0"
        return f"{min(100 * self.running / self.concurrency, 100):.0f}"

    @property
    def enqueued_text(self) -> str:
        """How many wait to begin, bounded."""
        return formats.at_least(self.enqueued, COUNT_LIMIT)

    @property
    def delayed_text(self) -> str:
        """How many are delayed, bounded."""
        return formats.at_least(self.delayed, COUNT_LIMIT)

    @property
    def running_text(self) -> str:
        """How many have begun, bounded."""
        return formats.at_least(self.running, COUNT_LIMIT)

    @property
    def query(self) -> str:
        """Of the list of its workflows."""
        return urlencode({"queue_name": self.name})

    @property
    def enqueued_query(self) -> str:
        """Of the list of those that wait to begin."""
        return f"status=ENQUEUED&{self.query}"

    @property
    def running_query(self) -> str:
        """Of the list of those that have begun."""
        return f"status=PENDING&{self.query}"

    @property
    def delayed_query(self) -> str:
        """Of the list of those that are delayed."""
        return f"status=DELAYED&{self.query}"

    @property
    def failed_query(self) -> str:
        """Of the list of those that failed."""
        return f"status=FAILED&{self.query}"


_Rank = Callable[[QueueRow], float]

ORDERS: dict[str, tuple[str | Promise, _Rank]] = {
    "": (gettext_lazy("Queue"), lambda _row: 0),
    "enqueued": (gettext_lazy("Enqueued"), lambda row: -row.enqueued),
    "oldest": (
        gettext_lazy("Oldest"),
        lambda row: row.oldest.at.timestamp() if row.oldest else float("inf"),
    ),
    "running": (gettext_lazy("Running"), lambda row: -row.running),
    "delayed": (gettext_lazy("Delayed"), lambda row: -row.delayed),
}
"""Columns that the list can be ordered by: title, and what is lowest comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTable:
    """All queues in an order, and what they are together."""

    rows: list[QueueRow]
    order: str  # a key of ORDERS
    hidden: int  # queues beyond the longest list

    @property
    def columns(self) -> list[Column]:
        """The columns that the list can be ordered by, as their heads say it."""
        return [
            Column(key=key, title=title, chosen=key == self.order)
            for key, (title, _rank) in ORDERS.items()
        ]

    @property
    def summary(self) -> str:
        """All of them in a line."""
        number = len(self.rows) + self.hidden
        said = [ngettext("%d queue", "%d queues", number) % number]
        if paused := sum(row.paused for row in self.rows):
            said.append(ngettext("%d paused", "%d paused", paused) % paused)
        for figures, text in (
            ([row.enqueued for row in self.rows], _("%s enqueued")),
            ([row.running for row in self.rows], _("%s running")),
            ([row.delayed for row in self.rows], _("%s delayed")),
        ):
            more = "+" if any(one >= COUNT_LIMIT for one in figures) else ""
            if total := sum(figures):
                said.append(text % f"{total:,}{more}")
        return " · ".join(said)

    @property
    def version(self) -> str:
        """Changes when any shown value does."""
        return digest(self.order, self.hidden, *(row.version for row in self.rows))


def ordered(rows: Iterable[QueueRow], order: str) -> list[QueueRow]:
    """Sort rows by a column; what is most or oldest comes first, then by name."""
    _title, key = ORDERS[order]
    return sorted(rows, key=lambda row: (key(row), row.name))


def written(value: Any) -> str:
    """Write a limit: `5`, `50 per 60 s`, `none`."""
    if value is None:
        return _("none")
    if isinstance(value, dict):
        limit, period = value.get("limit", 0), float(value.get("period", 0))
        text = ngettext(
            "%(limit)s per %(period)s s", "%(limit)s per %(period)s s", limit
        )
        return text % {"limit": f"{limit:,}", "period": f"{period:g}"}
    return f"{value:,}"
