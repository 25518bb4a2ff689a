"""Events: values that a workflow publishes under a key."""

from collections.abc import Callable
from typing import Any

from durable_engine import serialization
from durable_engine.ids import check_key, check_workflow_id
from durable_engine.notify.base import EVENT
from durable_engine.primitives.recording import (
    once,
    once_within,
    publish_inside_step,
    required_frame,
)
from durable_engine.records import EventRow, StepRow
from durable_engine.runtime import replay
from durable_engine.runtime.context import Run
from durable_engine.runtime.engine import Engine, engine
from durable_engine.runtime.operations import (
    Operation,
    Query,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.waiting import wait_for
from durable_engine.store import messages
from durable_engine.store.session import Session

_SET = "durable.set_event"
_GET = "durable.get_event"
_GET_ALL = "durable.get_all_events"


def set_event(key: str, value: object) -> None:
    """Publish a value of the current workflow; a later one replaces it.

    From a workflow it is published exactly once, from inside a step at least once:
    every attempt publishes, also one that fails afterwards.

    Args:
        key: 1 to 255 printable characters.
        value: anything that the serializer can encode.

    Raises:
        OutsideWorkflow: called outside any workflow.
        SerializationError: the value cannot be encoded; nothing is stored.
    """
    refuse_in_event_loop("set_event")
    perform(_set_event(key, value))


async def set_event_async(key: str, value: object) -> None:
    """Publish a value: twin of `set_event`."""
    await perform_async(_set_event(key, value))


def get_event(workflow_id: str, key: str, timeout_seconds: float | None = 60) -> Any:
    """Return the value of a workflow's event, waiting until it is published.

    The workflow need not exist yet. In a workflow the answer is recorded.

    Args:
        workflow_id: who publishes.
        key: under which.
        timeout_seconds: None waits as long as it takes.

    Returns:
        The latest value, or None when the time is over.
    """
    refuse_in_event_loop("get_event")
    return perform(_get_event(workflow_id, key, timeout_seconds))


async def get_event_async(
    workflow_id: str, key: str, timeout_seconds: float | None = 60
) -> Any:
    """Return the value of an event: twin of `get_event`."""
    return await perform_async(_get_event(workflow_id, key, timeout_seconds))


def get_all_events(workflow_id: str) -> dict[str, Any]:
    """Return the latest value of every event that a workflow published, by key."""
    refuse_in_event_loop("get_all_events")
    return perform(_get_all_events(workflow_id))


async def get_all_events_async(workflow_id: str) -> dict[str, Any]:
    """Return every event: twin of `get_all_events`."""
    return await perform_async(_get_all_events(workflow_id))


def _set_event(key: str, value: object) -> Operation[None]:
    check_key(key, what="the key of an event")
    frame = required_frame("set_event")
    if frame.step_position is not None:
        yield from _set_inside_step(frame.run, frame.step_position, key, value)
        return
    run = frame.run
    position, recorded = yield from replay.begin(run, _SET)
    if recorded is not None:
        replay.value_of(run, recorded)
        return
    now = run.engine.clock.now()
    try:
        text = replay.encode_output(run, value, f"the event {key!r}")
    except Exception as error:
        failure = replay.encode_failure(run, error)
        replay.record(run, position, _SET, started_at=now, error=failure)
        raise
    row = EventRow(step=_step(run, position, now), key=key, value=text)
    replay.append(run, row, then=lambda: _published(run))
    run.passed(now)
    # Somebody may be waiting for it: it is not left to a lazy flush.
    run.engine.journal.hurry()


def _set_inside_step(
    run: Run, position: int, key: str, value: object
) -> Operation[None]:
    run.check()
    text = replay.encode_output(run, value, f"the event {key!r}")
    step = _step(run, position, run.engine.clock.now())
    row = EventRow(step=step, key=key, value=text, inside_step=True)

    def write(session: Session) -> bool:
        executor_id = run.engine.executor_id
        return messages.write_event(session, row, executor_id, in_block=True)

    yield from publish_inside_step(run, row, write, lambda: _published(run))


def _step(run: Run, position: int, now: float) -> StepRow:
    return StepRow(
        workflow_id=run.workflow_id,
        epoch=run.epoch,
        position=position,
        name=_SET,
        started_at=now,
        completed_at=now,
    )


def _published(run: Run) -> None:
    run.engine.publish((EVENT, run.workflow_id))


def _get_event(
    workflow_id: str, key: str, timeout_seconds: float | None
) -> Operation[Any]:
    check_workflow_id(workflow_id)
    check_key(key, what="the key of an event")

    def wait(
        run: Run | None, until: float | None, announce: Callable[[], None]
    ) -> Operation[Any]:
        host = engine()

        def look() -> Operation[str | None]:
            stored: str | None = yield Query(
                host, lambda session: messages.read_event(session, workflow_id, key)
            )
            return stored

        found = yield from wait_for(
            host,
            (EVENT, workflow_id),
            look,
            until=until,
            run=run,
            announce=announce,
            probe=lambda session: (
                messages.read_event(session, workflow_id, key) is not None
            ),
        )
        return None if found is None else _decoded(host, found)

    return (yield from once_within(_GET, timeout_seconds, wait))


def _get_all_events(workflow_id: str) -> Operation[dict[str, Any]]:
    check_workflow_id(workflow_id)

    def read(_: Run | None) -> Operation[dict[str, Any]]:
        host = engine()
        found = yield Query(
            host, lambda session: messages.read_events(session, workflow_id)
        )
        return {key: _decoded(host, value) for key, value in found.items()}

    return (yield from once(_GET_ALL, read))


def _decoded(host: Engine, stored: str) -> Any:
    return serialization.decode(host.serializer, stored)
