"""Streams: values that a workflow writes in order, and anybody reads as they come."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from durable_engine import serialization
from durable_engine.errors import NonExistentWorkflow, StreamTimeout
from durable_engine.ids import check_key, check_workflow_id
from durable_engine.notify.base import RESULT, STREAM
from durable_engine.primitives.recording import (
    once_within,
    publish_inside_step,
    required_frame,
)
from durable_engine.records import StepRow, StreamPage, StreamRow
from durable_engine.runtime import replay
from durable_engine.runtime.context import Frame, Run
from durable_engine.runtime.engine import Engine, engine
from durable_engine.runtime.operations import (
    Operation,
    Query,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.waiting import wait_for
from durable_engine.states import ACTIVE
from durable_engine.store import streams
from durable_engine.store.session import Session

_WRITE = "durable.write_stream"
_CLOSE = "durable.close_stream"
_READ = "durable.read_stream"
_PAGE_ROWS = 100


def write_stream(key: str, value: object) -> None:
    """Append a value to a stream of the current workflow.

    From a workflow it is written exactly once, from inside a step at least once: the
    entries of an attempt that failed stay.

    Args:
        key: the stream, 1 to 255 printable characters.
        value: anything that the serializer can encode.

    Raises:
        OutsideWorkflow: called outside any workflow.
        SerializationError: the value cannot be encoded; nothing is stored.
    """
    refuse_in_event_loop("write_stream")
    perform(_write(key, _WRITE, [value]))


async def write_stream_async(key: str, value: object) -> None:
    """Append a value to a stream: twin of `write_stream`."""
    await perform_async(_write(key, _WRITE, [value]))


def close_stream(key: str) -> None:
    """End a stream: readers stop here, also if something is written later.

    Raises:
        OutsideWorkflow: called outside any workflow.
    """
    refuse_in_event_loop("close_stream")
    perform(_write(key, _CLOSE, []))


async def close_stream_async(key: str) -> None:
    """End a stream: twin of `close_stream`."""
    await perform_async(_write(key, _CLOSE, []))


def read_stream(
    workflow_id: str,
    key: str,
    *,
    offset: int = 0,
    polling_interval_sec: float | None = None,
    timeout_seconds: float | None = None,
) -> Iterator[Any]:
    """Yield the values of a stream in order, as they are written.

    Ends where the stream is closed, or with the workflow once all is read. In a
    workflow each value takes one position, and the end one more.

    Args:
        workflow_id: who writes.
        key: the stream.
        offset: of the first value wanted, counted from 0.
        polling_interval_sec: accepted for programs written for DBOS; readers here
            are woken, and poll only as a fallback.
        timeout_seconds: how long to wait for each value; None: as long as it takes.

    Raises:
        NonExistentWorkflow: there is no such workflow.
        StreamTimeout: nothing came in time.
    """
    del polling_interval_sec
    refuse_in_event_loop("read_stream")
    reader = _Reader(workflow_id, key, offset, timeout_seconds)

    def values() -> Iterator[Any]:
        while found := perform(reader.next()):
            yield found[0]

    return values()


def read_stream_async(
    workflow_id: str,
    key: str,
    *,
    offset: int = 0,
    polling_interval_sec: float | None = None,
    timeout_seconds: float | None = None,
) -> AsyncIterator[Any]:
    """Yield the values of a stream to `async for`: twin of `read_stream`."""
    del polling_interval_sec
    reader = _Reader(workflow_id, key, offset, timeout_seconds)

    async def values() -> AsyncIterator[Any]:
        while found := await perform_async(reader.next()):
            yield found[0]

    return values()


def _write(key: str, name: str, values: list[object]) -> Operation[None]:
    """Write one value, or the closing mark if there is none."""
    check_key(key, what="the key of a stream")
    frame = required_frame(name.removeprefix("durable."))
    if frame.step_position is not None:
        yield from _write_inside_step(frame, frame.step_position, key, name, values)
        return
    run = frame.run
    position, recorded = yield from replay.begin(run, name)
    if recorded is not None:
        replay.value_of(run, recorded)
        return
    step = _step(run, position, name)
    try:
        text = _encoded(run, key, values)
    except Exception as error:
        failure = replay.encode_failure(run, error)
        replay.record(run, position, name, started_at=step.started_at, error=failure)
        raise
    row = StreamRow(step=step, key=key, value=text)
    replay.append(run, row, then=lambda: _written(run))
    run.passed(step.started_at)
    # Somebody may be waiting for it: it is not left to a lazy flush.
    run.engine.journal.hurry()


def _write_inside_step(
    frame: Frame, position: int, key: str, name: str, values: list[object]
) -> Operation[None]:
    run = frame.run
    run.check()
    text = _encoded(run, key, values)
    step = _step(run, position, name)
    row = StreamRow(step=step, key=key, value=text, inside_step=True)

    def write(session: Session) -> bool:
        return streams.write(session, row, run.engine.executor_id, in_block=True)

    yield from publish_inside_step(run, row, write, lambda: _written(run))


def _step(run: Run, position: int, name: str) -> StepRow:
    now = run.engine.clock.now()
    return StepRow(
        workflow_id=run.workflow_id,
        epoch=run.epoch,
        position=position,
        name=name,
        started_at=now,
        completed_at=now,
    )


def _encoded(run: Run, key: str, values: list[object]) -> str | None:
    if not values:
        return None
    return replay.encode_output(run, values[0], f"an entry of the stream {key!r}")


def _written(run: Run) -> None:
    run.engine.publish((STREAM, run.workflow_id))


def _check_offset(offset: object) -> None:
    if isinstance(offset, bool) or not isinstance(offset, int) or offset < 0:
        message = f"offset must be a whole number of at least 0, not {offset!r}"
        raise ValueError(message)


class _Reader:
    """One pass over one stream."""

    def __init__(
        self, workflow_id: str, key: str, offset: int, timeout_seconds: float | None
    ) -> None:
        self._workflow_id = check_workflow_id(workflow_id)
        self._key = check_key(key, what="the key of a stream")
        _check_offset(offset)
        self._offset = offset
        self._timeout_seconds = timeout_seconds
        self._buffer: deque[tuple[str | None, bool]] = deque()

    def next(self) -> Operation[list[Any]]:
        """Return the next value in a list; an empty one at the end."""
        found: list[Any] = yield from once_within(
            _READ, self._timeout_seconds, self._next
        )
        self._offset += len(found)
        return found

    def _next(
        self, run: Run | None, until: float | None, announce: Callable[[], None]
    ) -> Operation[list[Any]]:
        host = engine()
        if not self._buffer:
            # Without a time limit there is no end of a wait to be recorded.
            waits = None if until is None else announce
            page = yield from self._page(host, run, until, waits)
            self._buffer.extend(page.entries)
        if not self._buffer:
            return []
        value, closes = self._buffer.popleft()
        if closes or value is None:
            self._buffer.clear()
            return []
        return [serialization.decode(host.serializer, value)]

    def _page(
        self,
        host: Engine,
        run: Run | None,
        until: float | None,
        announce: Callable[[], None] | None,
    ) -> Operation[StreamPage]:
        """Return entries, or none once the workflow has ended.

        Raises:
            NonExistentWorkflow: there is no such workflow.
            StreamTimeout: nothing came in time.
        """
        page: StreamPage | None = yield from wait_for(
            host,
            (STREAM, self._workflow_id),
            self._look,
            until=until,
            run=run,
            announce=announce,
            probe=self._has_more,
            also=((RESULT, self._workflow_id),),
        )
        if page is None:
            raise StreamTimeout(
                workflow_id=self._workflow_id,
                key=self._key,
                timeout_seconds=self._timeout_seconds or 0.0,
            )
        return page

    def _look(self) -> Operation[StreamPage | None]:
        page: StreamPage | None = yield Query(engine(), self._read)
        if page is None:
            raise NonExistentWorkflow(workflow_id=self._workflow_id)
        return page if _is_news(page) else None

    def _has_more(self, session: Session) -> bool:
        page = self._read(session)
        return page is None or _is_news(page)

    def _read(self, session: Session) -> StreamPage | None:
        return streams.read(
            session,
            self._workflow_id,
            self._key,
            offset=self._offset,
            limit=_PAGE_ROWS,
        )


def _is_news(page: StreamPage) -> bool:
    """Whether a reader need not wait: there are entries, or will be none."""
    return bool(page.entries) or page.status not in ACTIVE
