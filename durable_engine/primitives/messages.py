"""Messages: sent to a workflow, received by it once and in order."""

from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from durable_engine import serialization
from durable_engine.errors import NonExistentWorkflow
from durable_engine.ids import check_key, check_workflow_id
from durable_engine.notify.base import QUEUE, message_topic
from durable_engine.primitives.recording import TimedWait, required_run
from durable_engine.records import (
    MessageRow,
    MessagesRow,
    ReceiveRow,
    StepRow,
    Verdict,
)
from durable_engine.runtime import replay
from durable_engine.runtime.context import Run, current_run
from durable_engine.runtime.engine import Engine, engine
from durable_engine.runtime.operations import (
    Joined,
    Operation,
    Recorded,
    patience_seconds,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.waiting import wait_for
from durable_engine.seconds import check_patience
from durable_engine.store import messages
from durable_engine.store.session import Session

_SEND = "durable.send"
_SEND_BULK = "durable.send_bulk"
_RECV = "durable.recv"


def send(
    destination_id: str,
    message: object,
    topic: str | None = None,
    *,
    idempotency_key: str | None = None,
) -> None:
    """Send a message to a workflow; exactly once from a workflow.

    Inside `atomic()` on the engine's alias it joins the caller's transaction.

    Args:
        destination_id: the workflow that receives it; it may have ended.
        message: anything that the serializer can encode.
        topic: only a `recv` of the same topic gets it; None: one without a topic.
        idempotency_key: a second message with this key to this workflow is dropped.

    Raises:
        NonExistentWorkflow: there is no such workflow.
        SerializationError: the message cannot be encoded; nothing is stored.
        PayloadTooLarge: it is larger than `MAX_PAYLOAD_BYTES`; nothing is stored.
        ValueError: the id, the topic or the key is not valid.
        DatabaseUnavailable: outside workflows, when the database has not answered
            for 30 seconds; whether it was sent is not known then.
    """
    refuse_in_event_loop("send")
    perform(_send(destination_id, message, topic, idempotency_key))


async def send_async(
    destination_id: str,
    message: object,
    topic: str | None = None,
    *,
    idempotency_key: str | None = None,
) -> None:
    """Send a message: twin of `send`."""
    await perform_async(_send(destination_id, message, topic, idempotency_key))


@dataclass(frozen=True, slots=True)
class SendMessage:
    """One message of `send_bulk`; the fields are the arguments of `send`."""

    destination_id: str
    message: Any
    topic: str | None = None
    idempotency_key: str | None = field(default=None, kw_only=True)


def send_bulk(messages: Iterable[SendMessage]) -> None:
    """Send several messages in one transaction: all of them, or none.

    In a workflow they take one position, and are sent exactly once.

    Raises:
        NonExistentWorkflow: one destination does not exist; nothing is sent.
        SerializationError: one message cannot be encoded; nothing is sent.
        PayloadTooLarge: one is larger than `MAX_PAYLOAD_BYTES`; nothing is sent.
        ValueError: an id, a topic or a key is not valid, or two messages have the
            same destination and idempotency key.
        DatabaseUnavailable: outside workflows, when the database has not answered
            for 30 seconds; whether they were sent is not known then.
    """
    refuse_in_event_loop("send_bulk")
    perform(_send_bulk(list(messages)))


async def send_bulk_async(messages: Iterable[SendMessage]) -> None:
    """Send several messages in one transaction: twin of `send_bulk`."""
    await perform_async(_send_bulk(list(messages)))


def recv(topic: str | None = None, timeout_seconds: float | None = 60) -> Any:
    """Receive the oldest unread message of a topic.

    Args:
        topic: None receives only messages that were sent without one.
        timeout_seconds: None waits as long as it takes.

    Returns:
        The message, or None when the time is over.

    Raises:
        OutsideWorkflow: called outside a workflow, or inside a step.

    Guarantees: the message is consumed and recorded in one transaction.
    """
    refuse_in_event_loop("recv")
    return perform(_recv(required_run("recv"), topic, timeout_seconds))


async def recv_async(
    topic: str | None = None, timeout_seconds: float | None = 60
) -> Any:
    """Receive a message in a coroutine workflow: twin of `recv`."""
    return await perform_async(_recv(required_run("recv"), topic, timeout_seconds))


def _send(
    destination_id: str, message: object, topic: str | None, key: str | None
) -> Operation[None]:
    host = engine()
    run = current_run()
    row = _row(host, run, destination_id, message, topic, key)
    if run is not None:
        yield from _send_from(run, row)
        return
    joined, _ = yield Joined(
        host, lambda session: _send_in_block(host, session, (row,))
    )
    if joined:
        return
    entry = host.journal.append(row)
    answer = yield Recorded(host.journal, entry, seconds=patience_seconds())
    if answer.verdict is Verdict.MISSING:
        raise NonExistentWorkflow(workflow_id=destination_id)
    _all_sent(host, (row,))


def _send_in_block(
    host: Engine, session: Session, rows: tuple[MessageRow, ...]
) -> None:
    """Send in the caller's transaction: all messages, or none and it goes on."""
    with host.store.savepoint() if len(rows) > 1 else nullcontext():
        for row in rows:
            exists, _ = messages.send(session, row, host.executor_id)
            if not exists:
                raise NonExistentWorkflow(workflow_id=row.destination_id)
    host.store.on_commit(lambda: _all_sent(host, rows))


def _row(
    host: Engine,
    run: Run | None,
    destination_id: str,
    message: object,
    topic: str | None,
    key: str | None,
) -> MessageRow:
    """Build the row of a message.

    Raises:
        SerializationError: the message cannot be encoded.
        ValueError: an id, topic or key is not valid.
    """
    check_workflow_id(destination_id)
    if key is not None:
        check_key(key, what="an idempotency key")
    return MessageRow(
        destination_id=destination_id,
        topic=_topic(topic),
        body=serialization.encode(
            host.serializer,
            message,
            what=f"the message to {destination_id!r}",
            limit_bytes=host.settings.max_payload_bytes,
        ),
        idempotency_key=key,
        sender_workflow_id=run.workflow_id if run is not None else None,
    )


def _send_bulk(wanted: list[SendMessage]) -> Operation[None]:
    host = engine()
    run = current_run()
    rows = tuple(
        _row(
            host,
            run,
            one.destination_id,
            one.message,
            one.topic,
            one.idempotency_key,
        )
        for one in wanted
    )
    keyed = [(row.destination_id, row.idempotency_key) for row in rows]
    twice = [pair for pair, number in Counter(keyed).items() if number > 1 and pair[1]]
    if twice:
        message = (
            f"the idempotency key {twice[0][1]!r} is used twice for {twice[0][0]!r}"
        )
        raise ValueError(message)
    if run is not None:
        yield from _send_bulk_from(run, rows)
        return
    joined, _ = yield Joined(host, lambda session: _send_in_block(host, session, rows))
    if rows and not joined:
        entry = host.journal.append(MessagesRow(messages=rows))
        answer = yield Recorded(host.journal, entry, seconds=patience_seconds())
        if answer.verdict is Verdict.MISSING:
            raise NonExistentWorkflow(workflow_id=answer.value or "")
        _all_sent(host, rows)


def _send_bulk_from(run: Run, rows: tuple[MessageRow, ...]) -> Operation[None]:
    """Send from a workflow: the messages and the step in one commit."""
    position, recorded = yield from replay.begin(run, _SEND_BULK)
    if recorded is not None and recorded.completed_at is not None:
        replay.value_of(run, recorded)
        return
    now = run.engine.clock.now()
    step = _step(run, position, _SEND_BULK, now, completed_at=now)
    row = MessagesRow(messages=rows, step=step)
    answer = yield Recorded(run.engine.journal, replay.append(run, row))
    run.check()
    if answer.verdict is Verdict.MISSING:
        error = NonExistentWorkflow(workflow_id=answer.value or "")
        failure = replay.encode_failure(run, error)
        replay.record(run, position, _SEND_BULK, started_at=now, error=failure)
        raise error
    run.passed(now)
    _all_sent(run.engine, rows)


def _all_sent(host: Engine, rows: tuple[MessageRow, ...]) -> None:
    awaited = (message_topic(row.destination_id, row.topic) for row in rows)
    host.publish(*awaited, (QUEUE, ""))


def _send_from(run: Run, row: MessageRow) -> Operation[None]:
    """Send from a workflow: the message and the step in one commit."""
    position, recorded = yield from replay.begin(run, _SEND)
    if recorded is not None and recorded.completed_at is not None:
        replay.value_of(run, recorded)
        return
    now = run.engine.clock.now()
    step = _step(run, position, _SEND, now, completed_at=now)
    row = MessageRow(
        destination_id=row.destination_id,
        topic=row.topic,
        body=row.body,
        idempotency_key=row.idempotency_key,
        sender_workflow_id=row.sender_workflow_id,
        step=step,
    )
    answer = yield Recorded(run.engine.journal, replay.append(run, row))
    run.check()
    if answer.verdict is Verdict.MISSING:
        error = NonExistentWorkflow(workflow_id=row.destination_id)
        failure = replay.encode_failure(run, error)
        replay.record(run, position, _SEND, started_at=now, error=failure)
        raise error
    run.passed(now)
    _all_sent(run.engine, (row,))


def _recv(run: Run, topic: str | None, timeout_seconds: float | None) -> Operation[Any]:
    wanted = _topic(topic)
    patience = check_patience(timeout_seconds, what="timeout_seconds")
    position, recorded = yield from replay.begin(run, _RECV)
    if recorded is not None and recorded.completed_at is not None:
        return replay.value_of(run, recorded)
    host = run.engine
    wait = TimedWait(run, position, _RECV, patience, recorded)

    def look() -> Operation[str | None]:
        now = host.clock.now()
        step = _step(run, position, _RECV, wait.started_at, completed_at=now)
        entry = replay.append(run, ReceiveRow(step=step, topic=wanted))
        answer = yield Recorded(host.journal, entry)
        run.check()
        if answer.verdict is not Verdict.ACCEPTED:
            return None
        run.passed(now)
        return str(answer.value)

    body = yield from wait_for(
        host,
        message_topic(run.workflow_id, wanted),
        look,
        until=wait.until,
        run=run,
        announce=wait.announce,
        probe=lambda session: messages.has_unread(session, run.workflow_id, wanted),
    )
    if body is None:
        started_at = wait.started_at
        replay.record_value(run, position, _RECV, started_at=started_at, value=None)
        return None
    return serialization.decode(host.serializer, body)


def _step(
    run: Run,
    position: int,
    name: str,
    started_at: float,
    *,
    completed_at: float | None = None,
    output: str | None = None,
) -> StepRow:
    return StepRow(
        workflow_id=run.workflow_id,
        epoch=run.epoch,
        position=position,
        name=name,
        started_at=started_at,
        completed_at=completed_at,
        output=output,
    )


def _topic(topic: str | None) -> str:
    return "" if topic is None else check_key(topic, what="a topic")
