"""Schedules: when they are due, and what came of their last ticks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.tables.instants import Instant
from console.tables.versions import digest


class Missing(StrEnum):
    """Why there is no workflow for a tick."""

    DUE = "due"  # a worker may start it any moment
    WAITING = "waiting"  # a worker that comes will make up for it
    MISSED = "missed"  # nobody was there, and nobody will make up for it


_MISSING_TITLES: dict[Missing, str | Promise] = {
    Missing.DUE: gettext_lazy("due"),
    Missing.WAITING: gettext_lazy("waits for a worker"),
    Missing.MISSED: gettext_lazy("missed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One time at which a schedule was due."""

    at: datetime  # in the schedule's zone
    workflow_id: str
    status: str | None  # of its workflow; None: there is none
    missing: Missing | None

    @property
    def when(self) -> Instant:
        """When it was."""
        return Instant(at=self.at)

    @property
    def tone(self) -> str:
        """The status whose colour it has."""
        if self.status is not None:
            return self.status
        return "ERROR" if self.missing is Missing.MISSED else "DELAYED"

    @property
    def label(self) -> str:
        """What came of it."""
        if self.missing is not None:
            return str(_MISSING_TITLES[self.missing])
        return self.status or ""

    @property
    def clock(self) -> str:
        """The time in the schedule's zone, to the minute or second."""
        return clock(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One time at which a schedule will be due."""

    at: datetime  # in the schedule's zone

    @property
    def when(self) -> Instant:
        """When it will be."""
        return Instant(at=self.at)

    @property
    def clock(self) -> str:
        """The time in the schedule's zone."""
        return clock(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """One schedule in a list."""

    name: str
    workflow_name: str
    expression: str
    words: str  # the expression, explained
    timezone: str
    queue_name: str | None
    paused: bool
    automatic_backfill: bool
    declared_in_code: bool
    ticks: tuple[Tick, ...]  # the last ones, newest first
    upcoming: tuple[datetime, ...]  # in the schedule's zone; empty where paused
    problem: str = ""  # why its times cannot be told

    @property
    def version(self) -> str:
        """Changes when any shown value does."""
        return digest(*(getattr(self, name) for name in self.__dataclass_fields__))

    @property
    def module(self) -> str:
        """Where the workflow is defined."""
        return self.workflow_name.removesuffix(self.function)

    @property
    def function(self) -> str:
        """The last part of the workflow's name."""
        return self.workflow_name.rpartition(".")[2] or self.workflow_name

    @property
    def next(self) -> Instant | None:
        """When it is due next."""
        return Instant(at=self.upcoming[0]) if self.upcoming else None

    @property
    def later(self) -> list[Due]:
        """When it is due, from next on."""
        return [Due(at=at) for at in self.upcoming]

    @property
    def oldest_first(self) -> list[Tick]:
        """The last ticks in the order of time, as a row of dots shows them."""
        return list(reversed(self.ticks))

    @property
    def missed(self) -> int:
        """How many of the last ticks were missed."""
        return sum(tick.missing is Missing.MISSED for tick in self.ticks)

    @property
    def query(self) -> str:
        """Of the list of its workflows."""
        return urlencode({"schedule_name": self.name})


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a backfill would start."""

    ticks: int
    there: int  # of which so many have their workflow already
    first: datetime | None
    last: datetime | None

    @property
    def new(self) -> int:
        """How many workflows would be started."""
        return self.ticks - self.there

    @property
    def text(self) -> str:
        """All of it, in a sentence."""
        if not self.ticks:
            return _("The schedule is not due in that time: nothing would start.")
        said = ngettext(
            "%(new)s workflow would start, for the ticks from %(first)s to %(last)s.",
            "%(new)s workflows would start, for the ticks from %(first)s to %(last)s.",
            self.new,
        )
        text = said % {
            "new": f"{self.new:,}",
            "first": clock(self.first),
            "last": clock(self.last),
        }
        if self.there:
            there = ngettext(
                "%s tick has its own already.",
                "%s ticks have theirs already.",
                self.there,
            )
            text += " " + there % f"{self.there:,}"
        return text


def clock(at: datetime | None) -> str:
    """Write an instant in its own zone: `22 Nov, 08:00 CET`."""
    if at is None:
        return "—"
    seconds = ":s" if at.second else ""
    local = localtime(at, at.tzinfo)
    return f"{date_format(local, f'j M, H:i{seconds}')} {at.tzname()}"
