"""What goes on and went on lately, as figures, charts and lists of names."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console import formats
from console.spans import Span
from console.tables.axes import Mark, marks, slot_label
from console.tables.charts import Chart, Series, Slot, drawn, stacked, table_of
from console.tables.instants import Instant
from durable_engine.records import Failure, SampledWorkflow, Slice
from durable_engine.states import ACTIVE, WorkflowState

NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure at the top of the dashboard, and the list behind it."""

    title: str
    figure: str
    note: str = ""
    since: Instant | None = None  # said after the note
    query: str = ""  # of the list of workflows
    tone: str = ""  # a status, where its colour is meant
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameLoad:
    """What became lately of the workflows of one name."""

    name: str
    started: int
    exact: bool
    failed: int
    median_seconds: float | None
    slow_seconds: float | None  # 95 of 100 took at most that long
    share: float  # of the slowest, or of the most failures, 0 to 1
    query: str

    @property
    def module(self) -> str:
        """Where the workflow is defined: all of its name up to the last dot."""
        return self.name.removesuffix(self.function)

    @property
    def function(self) -> str:
        """The last part of the workflow's name."""
        return self.name.rpartition(".")[2] or self.name

    @property
    def started_text(self) -> str:
        """How many were started, about where that is an estimate."""
        return formats.counted(self.started, exact=self.exact)

    @property
    def failed_text(self) -> str:
        """How many failed."""
        return f"{self.failed:,}"

    @property
    def median(self) -> str:
        """The median of the durations."""
        return _seconds(self.median_seconds)

    @property
    def slow(self) -> str:
        """The 95th percentile of the durations."""
        return _seconds(self.slow_seconds)

    @property
    def bar(self) -> str:
        """The share as a width in percent."""
        return f"{max(self.share * 100, 2):.1f}"


def throughput_chart(span: Span, slices: Sequence[Slice], seconds: float) -> Chart:
    """Draw what was started within so many seconds, by what has become of it."""
    series = (
        Series(title=_("succeeded"), tone=WorkflowState.SUCCESS),
        Series(title=_("failed"), tone=WorkflowState.ERROR),
        Series(title=_("cancelled"), tone=WorkflowState.CANCELLED),
        Series(title=_("not ended"), tone=WorkflowState.PENDING),
    )
    slots = [
        Slot(
            label=_label(span, one.start),
            values=_outcomes(one),
            note="" if one.exact else _("about"),
        )
        for one in slices
    ]
    columns, top = stacked(slots, series, formats.count)
    total = sum(one.created for one in slices)
    exact = all(one.exact for one in slices)
    shown = formats.counted(total, exact=exact)
    return Chart(
        name="started",
        title=_("Started"),
        headline=shown,
        note=formats.rate(total, seconds) if total else "",
        summary=ngettext(
            "%(total)s workflow started, %(rate)s on average",
            "%(total)s workflows started, %(rate)s on average",
            total,
        )
        % {"total": shown, "rate": formats.rate(total, seconds)},
        series=series,
        columns=columns,
        figures=table_of(slots, formats.count),
        scale=_scale(top, formats.count),
        marks=_marks(span, slices[0].start),
        empty=not total,
    )


def failures_chart(
    span: Span, start: datetime, failures: Sequence[Failure], limit: int
) -> Chart:
    """Draw when workflows failed."""
    series = (Series(title=_("failed"), tone=WorkflowState.ERROR),)
    width = timedelta(seconds=span.slice_seconds)
    per_slice = Counter((one.failed_at - start) // width for one in failures)
    starts = [start + number * width for number in range(span.slices)]
    slots = [
        Slot(label=_label(span, at), values=(float(per_slice[number]),))
        for number, at in enumerate(starts)
    ]
    columns, top = stacked(slots, series, formats.count)
    shown = formats.at_least(len(failures), limit)
    return Chart(
        name="failed",
        title=_("Failed"),
        headline=shown,
        summary=ngettext(
            "%s workflow ended in error or was given up",
            "%s workflows ended in error or were given up",
            len(failures),
        )
        % shown,
        series=series,
        columns=columns,
        figures=table_of(slots, formats.count),
        scale=_scale(top, formats.count),
        marks=_marks(span, start),
        empty=not failures,
    )


def duration_chart(span: Span, slices: Sequence[Slice]) -> Chart:
    """Draw how long workflows took, by when they were started."""
    series = (
        Series(title=_("95th percentile"), tone=WorkflowState.DELAYED),
        Series(title=_("median"), tone=WorkflowState.PENDING),
    )
    slots = []
    for one in slices:
        ran = sorted(w.ran_seconds for w in one.sample if w.ran_seconds is not None)
        slots.append(
            Slot(
                label=_label(span, one.start),
                values=(percentile(ran, 0.95), percentile(ran, 0.5)),
                note="" if len(one.sample) >= one.created else _("of a sample"),
            )
        )
    lines, columns, top = drawn(slots, series, formats.duration)
    every = sorted(
        w.ran_seconds for one in slices for w in one.sample if w.ran_seconds is not None
    )
    slow, median = percentile(every, 0.95), percentile(every, 0.5)
    return Chart(
        name="took",
        title=_("Duration"),
        headline=_seconds(median),
        note=_("median · 95 of 100 at most %s") % _seconds(slow) if every else "",
        summary=_("half took at most %(median)s, 95 of 100 at most %(slow)s")
        % {"median": _seconds(median), "slow": _seconds(slow)},
        series=series,
        columns=columns,
        lines=lines,
        figures=table_of(slots, formats.duration),
        scale=_scale(top, _brief),
        marks=_marks(span, slices[0].start),
        empty=not every,
    )


def slowest_names(span: Span, slices: Sequence[Slice]) -> list[NameLoad]:
    """Rank names by the 95th percentile of how long their workflows took."""
    loads = [one for one in _by_name(span, slices) if one.slow_seconds is not None]
    loads.sort(key=lambda one: (-(one.slow_seconds or 0), one.name))
    return _shared(loads[:NAMES_SHOWN], [one.slow_seconds or 0 for one in loads])


def failing_names(
    span: Span, slices: Sequence[Slice], failures: Iterable[Failure]
) -> list[NameLoad]:
    """Rank names by how many of their workflows failed."""
    failed = Counter(one.name for one in failures)
    known = {one.name: one for one in _by_name(span, slices)}
    ranked = failed.most_common(NAMES_SHOWN)
    loads = []
    for name, number in ranked:
        load = known.get(name) or _load(name, span, 0, [], exact=True)
        query = _query(name, span, status="FAILED", when="completed")
        loads.append(_replaced(load, failed=number, query=query))
    return _shared(loads, [float(number) for _name, number in ranked])


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """Return the value that so large a share does not exceed; None: no values."""
    if not ordered:
        return None
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _by_name(span: Span, slices: Sequence[Slice]) -> list[NameLoad]:
    """Add up the samples; each workflow of one stands for as many as it was taken of."""
    started: dict[str, float] = defaultdict(float)
    ran: dict[str, list[float]] = defaultdict(list)
    exact = all(one.created == len(one.sample) for one in slices)
    for one in slices:
        for workflow in one.sample:
            started[workflow.name] += one.created / len(one.sample)
            if workflow.ran_seconds is not None:
                ran[workflow.name].append(workflow.ran_seconds)
    return [
        _load(name, span, round(number), sorted(ran[name]), exact=exact)
        for name, number in started.items()
    ]


def _load(
    name: str, span: Span, started: int, ran: list[float], *, exact: bool
) -> NameLoad:
    return NameLoad(
        name=name,
        started=started,
        exact=exact,
        failed=0,
        median_seconds=percentile(ran, 0.5),
        slow_seconds=percentile(ran, 0.95),
        share=0.0,
        query=_query(name, span, when="created"),
    )


def _replaced(load: NameLoad, **changes: object) -> NameLoad:
    values = {name: getattr(load, name) for name in NameLoad.__dataclass_fields__}
    return NameLoad(**{**values, **changes})


def _shared(loads: list[NameLoad], sizes: Sequence[float]) -> list[NameLoad]:
    most = max(sizes, default=0.0) or 1.0
    return [
        _replaced(load, share=size / most)
        for load, size in zip(loads, sizes, strict=False)
    ]


def _query(name: str, span: Span, *, when: str, status: str = "") -> str:
    pairs = [("status", status)] if status else []
    return urlencode([*pairs, ("name", name), *span.pairs(when)])


def _outcomes(one: Slice) -> tuple[float, ...]:
    """Divide what was created in a slice as its sample is divided."""
    kinds = Counter(map(_kind, one.sample))
    if not one.sample:
        return (0.0, 0.0, 0.0, float(one.created))
    scale = one.created / len(one.sample)
    return tuple(
        round(kinds[kind] * scale)
        for kind in ("success", "failed", "cancelled", "open")
    )


def _kind(workflow: SampledWorkflow) -> str:
    status = WorkflowState(workflow.status)
    if status in ACTIVE:
        return "open"
    if status is WorkflowState.SUCCESS:
        return "success"
    return "cancelled" if status is WorkflowState.CANCELLED else "failed"


def _scale(top: float, write: Callable[[float], str]) -> tuple[str, ...]:
    whole = top / 2 == int(top / 2) or write is _brief
    return (write(top), write(top / 2) if whole else "", "0")


def _brief(seconds: float) -> str:
    """Write a length of time for a scale: `250 ms`, `30 s`, `2 m`."""
    if seconds < 1:
        return formats.duration(seconds)
    return formats.coarse_duration(seconds)


def _marks(span: Span, start: datetime) -> tuple[Mark, ...]:
    return marks(start, span.seconds, live=span.since is None)


def _label(span: Span, at: datetime) -> str:
    return slot_label(at, span.slice_seconds, span.seconds)


def _seconds(value: float | None) -> str:
    return "—" if value is None else formats.duration(value)
