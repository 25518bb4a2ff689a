"""What keeps work from being done, in a sentence each, worst first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.tables.instants import Instant, instant
from console.tables.versions import digest


class Place(StrEnum):
    """Where something can be done about it."""

    QUEUE = "queue"
    VERSIONS = "versions"
    EXECUTORS = "executors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One thing that somebody should look at."""

    place: Place
    name: str  # of the queue or version
    label: str  # in a word or two
    text: str  # a sentence
    grave: bool  # it does not pass by itself
    waiting: int  # workflows that it holds up
    since: datetime | None = None  # when the oldest of them was created

    @property
    def oldest(self) -> Instant | None:
        """Since when the oldest waits."""
        return instant(self.since)

    @property
    def version(self) -> str:
        """Changes when any shown value does."""
        return digest(self.place, self.name, self.text, self.since)


def paused(name: str, waiting: int, since: datetime | None) -> Concern:
    """Nothing of the queue begins, because somebody wanted it so."""
    text = ngettext(
        "%d workflow waits, because the queue is paused.",
        "%d workflows wait, because the queue is paused.",
        waiting,
    )
    return _of_queue(name, _("paused"), text % waiting, waiting, since)


def undeclared(name: str, waiting: int, since: datetime | None) -> Concern:
    """No worker's code has ever declared the queue."""
    text = ngettext(
        "%d workflow waits, because no worker's code declares this queue.",
        "%d workflows wait, because no worker's code declares this queue.",
        waiting,
    )
    return _of_queue(name, _("declared nowhere"), text % waiting, waiting, since)


def unserved(name: str, waiting: int, since: datetime | None) -> Concern:
    """Every living worker was told to serve other queues."""
    text = ngettext(
        "%d workflow waits, because no worker that runs now serves this queue.",
        "%d workflows wait, because no worker that runs now serves this queue.",
        waiting,
    )
    return _of_queue(name, _("served by nobody"), text % waiting, waiting, since)


def full(name: str, running: int, waiting: int, since: datetime | None) -> Concern:
    """The queue runs as many as it may, and others have waited for long."""
    text = ngettext(
        "%(n)d workflow waits: the queue runs %(most)d, as many as its limit allows.",
        "%(n)d workflows wait: the queue runs %(most)d, as many as its limit allows.",
        waiting,
    ) % {"n": waiting, "most": running}
    return _of_queue(name, _("full"), text, waiting, since, grave=False)


def outdated(name: str, version: str, waiting: int) -> Concern:
    """Some of the queue waits for a version of the application that nobody runs."""
    text = ngettext(
        "%(n)d workflow in it waits for the version %(version)s, which no worker runs.",
        "%(n)d workflows in it wait for the version %(version)s, which no worker runs.",
        waiting,
    )
    text %= {"n": waiting, "version": version}
    return _of_queue(name, _("stranded"), text, waiting, None)


def stranded(version: str, waiting: int) -> Concern:
    """Nobody runs this version of the application."""
    text = ngettext(
        "%d workflow waits for a version that no worker runs.",
        "%d workflows wait for a version that no worker runs.",
        waiting,
    )
    return Concern(
        place=Place.VERSIONS,
        name=version,
        label=_("stranded"),
        text=text % waiting,
        grave=True,
        waiting=waiting,
    )


def silent(host: str, owned: int) -> Concern:
    """A process is gone, and nobody has taken over what it ran."""
    text = ngettext(
        "%d workflow belongs to a process that is gone, until another takes it over.",
        "%d workflows belong to a process that is gone, until another takes them over.",
        owned,
    )
    return Concern(
        place=Place.EXECUTORS,
        name=host,
        label=_("silent"),
        text=text % owned,
        grave=True,
        waiting=owned,
    )


def worst_first(concerns: Sequence[Concern]) -> list[Concern]:
    """Sort them: what does not pass by itself, then by how much it holds up."""
    return sorted(
        concerns, key=lambda one: (not one.grave, -one.waiting, one.place, one.name)
    )


def _of_queue(
    name: str,
    label: str,
    text: str,
    waiting: int,
    since: datetime | None,
    *,
    grave: bool = True,
) -> Concern:
    return Concern(
        place=Place.QUEUE,
        name=name,
        label=label,
        text=text,
        grave=grave,
        waiting=waiting,
        since=since,
    )
