"""The live pieces of the dashboard: figures, charts, names, queues, who runs them.

Keys of pieces that look back end with the range of time that they cover.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from console import formats, zones
from console.conf import COUNT_LIMIT, FAILURE_ROWS
from console.fragments.lists import row_piece
from console.fragments.pieces import Piece
from console.fragments.queues import row_of
from console.queries import executors, workflows, workload
from console.spans import Span, found_span
from console.tables import workload as tables
from console.tables.charts import Chart
from console.tables.instants import Instant
from console.tables.versions import digest
from console.tables.workload import NameLoad, Tile

QUEUES_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSet:
    """The charts of a range of time, drawn for whoever reads them."""

    past: workload.History

    @property
    def drawn(self) -> list[Chart]:
        """Draw them, with the times of the current time zone."""
        past, span = self.past, self.past.span
        return [
            tables.throughput_chart(span, past.slices, past.seconds),
            tables.failures_chart(span, past.start, past.failures, COUNT_LIMIT),
            tables.duration_chart(span, past.slices),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTables:
    """The names that were slowest, and those that failed most."""

    slowest: list[NameLoad]
    failing: list[NameLoad]

    @property
    def sampled(self) -> bool:
        """Whether not every workflow of the range was read."""
        return not all(one.exact for one in self.slowest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What to do next, where nobody works or nothing was ever started."""

    begun: bool
    waiting: int
    deserted: bool

    @property
    def waiting_text(self) -> str:
        """How many workflows wait for somebody to run them."""
        return formats.bounded(self.waiting, COUNT_LIMIT)

    @property
    def version(self) -> str:
        """Changes when any shown value does."""
        return digest(self.begun, self.waiting_text, self.deserted)


def welcome_piece() -> Piece:
    """Make what stands first where there is something to be done first."""
    now = workload.present()
    flight = now.in_flight
    subject = Welcome(
        begun=now.begun,
        waiting=flight.enqueued + flight.delayed + flight.waiting,
        deserted=now.deserted,
    )
    return Piece(
        key="welcome:",
        version=subject.version,
        template="durable_console/overview/welcome.html",
        subject=subject,
    )


def tiles_piece(span: Span) -> Piece:
    """Make the row of figures at the top."""
    tiles = [*_present_tiles(), *_history_tiles(span)]
    said = [
        (tile.title, tile.figure, tile.note, tile.since and tile.since.iso)
        for tile in tiles
    ]
    return Piece(
        key=f"tiles:{span.key}",
        version=digest(*said),
        template="durable_console/overview/tiles.html",
        subject=tiles,
    )


def charts_piece(span: Span) -> Piece:
    """Make the charts of a range of time."""
    subject = ChartSet(past=workload.history(span))
    with zones.seen_in("UTC"):  # the same version for readers of all zones
        version = digest(*(chart.version for chart in subject.drawn))
    return Piece(
        key=f"charts:{span.key}",
        version=version,
        template="durable_console/overview/charts.html",
        subject=subject,
    )


def names_piece(span: Span) -> Piece:
    """Make the two tables of names."""
    past = workload.history(span)
    subject = NameTables(
        slowest=tables.slowest_names(span, past.slices),
        failing=tables.failing_names(span, past.slices, past.failures),
    )
    return Piece(
        key=f"names:{span.key}",
        version=digest(*subject.slowest, *subject.failing),
        template="durable_console/overview/names.html",
        subject=subject,
    )


def depths_piece() -> Piece:
    """Make the list of the queues where most waits."""
    loads = [
        load for load in workload.queues() if load.info.enqueued or load.info.running
    ]
    loads.sort(key=lambda load: (-load.info.enqueued, -load.info.running))
    rows = [row_of(load) for load in loads[:QUEUES_SHOWN]]
    return Piece(
        key="depths:",
        version=digest(*(row.version for row in rows)),
        template="durable_console/overview/queues.html",
        subject=rows,
    )


def failures_piece() -> Piece:
    """Make the list of the workflows that failed last."""
    wanted = workload.latest_failures(FAILURE_ROWS)
    found = workflows.by_ids(wanted)
    rows = [row_piece(found[one]) for one in wanted if one in found]
    return Piece(
        key="failures:",
        version=digest(*(f"{piece.key} {piece.version}" for piece in rows)),
        template="durable_console/overview/failures.html",
        subject=rows,
    )


def executors_piece() -> Piece:
    """Make the list of the processes that started last."""
    rows = executors.newest()
    return Piece(
        key="executors:",
        version=digest(*(row.version for row in rows)),
        template="durable_console/overview/executors.html",
        subject=rows,
    )


def _present_tiles() -> list[Tile]:
    now = workload.present()
    flight = now.in_flight

    def bounded(number: int) -> str:
        return formats.bounded(number, COUNT_LIMIT)

    return [
        Tile(
            title=_("Running"),
            figure=bounded(flight.held),
            query="status=PENDING",
            tone="PENDING" if flight.held else "",
            hint=_("Begun, and held by a process"),
        ),
        Tile(
            title=_("Waiting"),
            figure=bounded(flight.waiting),
            query="status=PENDING",
            tone="PENDING" if flight.waiting else "",
            hint=_("Asleep or waiting for something, without a process"),
        ),
        Tile(
            title=_("Enqueued"),
            figure=bounded(flight.enqueued),
            note=_("oldest") if now.oldest else "",
            since=Instant(at=now.oldest) if now.oldest else None,
            query="status=ENQUEUED",
            hint=_("Not begun yet"),
        ),
        Tile(
            title=_("Delayed"),
            figure=bounded(flight.delayed),
            query="status=DELAYED",
            hint=_("Not to begin before a certain time"),
        ),
    ]


def _history_tiles(span: Span) -> list[Tile]:
    past = workload.history(span)
    failed = len(past.failures)
    share = f"{100 * failed / past.started:.2g} %" if past.started and failed else ""
    return [
        Tile(
            title=_("Started"),
            figure=formats.counted(past.started, exact=past.exact),
            note=formats.rate(past.started, past.seconds) if past.started else "",
            query=urlencode(span.pairs("created")),
            hint=str(span.title),
        ),
        Tile(
            title=_("Failed"),
            figure=formats.at_least(failed, COUNT_LIMIT),
            note=share,
            query=urlencode([("status", "FAILED"), *span.pairs("completed")]),
            tone="ERROR" if failed else "",
            hint=str(span.title),
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOfAKind:
    """A kind of which there is one piece, the same for everybody."""

    name: str
    make: Callable[[], Piece]
    least_seconds: float = 1.0
    most: int = 1

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Make the piece once for all pages."""
        del names
        piece = self.make()
        return {piece.key: piece}


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOfASpan:
    """A kind of which there is one piece for each range of time."""

    name: str
    make: Callable[[Span], Piece]
    least_seconds: float = 1.0
    most: int = 1

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Make the pieces of those ranges that exist."""
        spans = filter(None, map(found_span, names))
        pieces = [self.make(span) for span in spans]
        return {piece.key: piece for piece in pieces}


KINDS = (
    OneOfAKind(name="welcome", make=welcome_piece),
    OneOfAKind(name="depths", make=depths_piece),
    OneOfAKind(name="failures", make=failures_piece),
    OneOfAKind(name="executors", make=executors_piece),
    OneOfASpan(name="tiles", make=tiles_piece),
    OneOfASpan(name="charts", make=charts_piece, least_seconds=2.0),
    OneOfASpan(name="names", make=names_piece, least_seconds=2.0),
)
"""Every kind of the dashboard."""
