"""What belongs to a workflow, for programs: steps, events, messages, stream entries.

Each reader answers one page and whether there is more. A page ends early where its
payloads exceed `API_PAGE_CHARACTERS`; a single row is always read whole.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Length

from console.queries.statuses import within_budget
from durable_engine import inspection
from durable_engine.models import Event, Message, Step, StreamEntry, Workflow
from durable_engine.records import EventInfo, MessageInfo, StepInfo, StreamEntryInfo
from durable_engine.serialization import RecordedError, read_error
from durable_engine.states import TERMINAL

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Generic[Row]):
    """One page of rows, in order."""

    rows: list[Row]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPage(Rows[StepInfo]):
    """One page of steps, with what was recorded of their errors by position."""

    errors: dict[int, RecordedError]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRows(Rows[StreamEntryInfo]):
    """Entries of a stream, and whether no more will come."""

    ended: bool


def steps(workflow_id: str, *, after: int, limit: int) -> StepPage:
    """Read the steps after a position, with their payloads."""
    waiting = Step.objects.filter(workflow_id=workflow_id, position__gt=after)
    rows, more = _fitting(waiting, "position", ["output", "error"], limit)
    found = inspection.list_workflow_steps(workflow_id, after=after, limit=rows)
    failed = [step.position for step in found if step.error is not None]
    texts = Step.objects.filter(workflow_id=workflow_id, position__in=failed)
    errors = dict(texts.values_list("position", "error")) if failed else {}
    return StepPage(
        rows=found,
        more=more,
        errors={position: read_error(text or "") for position, text in errors.items()},
    )


def events(workflow_id: str, *, after: str, limit: int) -> Rows[EventInfo]:
    """Read the events after a key."""
    waiting = Event.objects.filter(workflow_id=workflow_id, key__gt=after)
    rows, more = _fitting(waiting, "key", ["value"], limit)
    found = inspection.list_events(workflow_id, after=after, limit=rows)
    return Rows(rows=found, more=more)


def messages(workflow_id: str, *, after: int, limit: int) -> Rows[MessageInfo]:
    """Read the messages after one."""
    waiting = Message.objects.filter(workflow_id=workflow_id, id__gt=after)
    rows, more = _fitting(waiting, "id", ["body"], limit)
    found = inspection.list_messages(workflow_id, after=after, limit=rows)
    return Rows(rows=found, more=more)


def stream(workflow_id: str, key: str, *, after: int, limit: int) -> StreamRows:
    """Read the entries after an offset; the closing mark is not among them."""
    # Asked first: what is written between the two questions is then not missed.
    ended = Workflow.objects.filter(id=workflow_id, status__in=TERMINAL).exists()
    waiting = StreamEntry.objects.filter(
        workflow_id=workflow_id, key=key, offset__gt=after
    )
    rows, more = _fitting(waiting, "offset", ["value"], limit)
    found = inspection.list_stream(workflow_id, key, after=after, limit=rows)
    closed = next((n for n, entry in enumerate(found) if entry.closes), None)
    if closed is not None:
        return StreamRows(rows=found[:closed], more=False, ended=True)
    return StreamRows(rows=found, more=more, ended=ended and not more)


def _fitting(
    waiting: QuerySet[Any], order: str, columns: list[str], limit: int
) -> tuple[int, bool]:
    """Tell how many of the next rows make a page, and whether there are more."""
    size = sum((Coalesce(Length(one), 0) for one in columns[1:]), start=_size(columns))
    sizes = list(
        waiting.annotate(characters=size)
        .order_by(order)
        .values_list("characters", flat=True)[: limit + 1]
    )
    rows = within_budget(sizes[:limit])
    return rows, rows < len(sizes)


def _size(columns: list[str]) -> Coalesce:
    return Coalesce(Length(columns[0]), 0)
