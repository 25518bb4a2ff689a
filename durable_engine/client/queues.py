"""Operating queues: pause, resume, limits, delays, and what is in them."""

from collections import Counter
from datetime import datetime
from enum import Enum
from typing import Any

from durable_engine.client.acting import act_on_one, act_once, afterwards
from durable_engine.ids import check_key
from durable_engine.notify.base import QUEUE
from durable_engine.primitives.limits import LIMITS, Limiter, check_limit
from durable_engine.primitives.queues import Queue
from durable_engine.records import QueueInfo
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.operations import (
    Operation,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.registry import INTERNAL_QUEUE
from durable_engine.seconds import check_seconds
from durable_engine.states import WorkflowState
from durable_engine.store import queues
from durable_engine.store.session import Session

_PAUSE = "pause_queue"
_RESUME = "resume_queue"
_LIMIT = "set_queue_limits"
_LIST = "list_queues"
_DELAY = "durable.set_workflow_delay"
_MOST_COUNTED = 10_000


class _Unchanged(Enum):
    """Stands for an argument that was not given, where None means to reset."""

    UNCHANGED = "unchanged"


UNCHANGED = _Unchanged.UNCHANGED


def pause_queue(name: str) -> None:
    """Stop starting what is in a queue; what runs goes on, enqueuing too.

    Every worker stops within a second. The queue need not be known yet.

    Raises:
        ValueError: the name is not valid.
    """
    refuse_in_event_loop("pause_queue")
    perform(_control(_PAUSE, name, paused=True))


async def pause_queue_async(name: str) -> None:
    """Stop starting what is in a queue: twin of `pause_queue`."""
    await perform_async(_control(_PAUSE, name, paused=True))


def resume_queue(name: str) -> None:
    """Start again what is in a paused queue.

    Raises:
        ValueError: the name is not valid.
    """
    refuse_in_event_loop("resume_queue")
    perform(_control(_RESUME, name, paused=False))


async def resume_queue_async(name: str) -> None:
    """Start again what is in a paused queue: twin of `resume_queue`."""
    await perform_async(_control(_RESUME, name, paused=False))


def set_queue_limits(
    name: str,
    *,
    concurrency: int | _Unchanged | None = UNCHANGED,
    worker_concurrency: int | _Unchanged | None = UNCHANGED,
    limiter: Limiter | _Unchanged | None = UNCHANGED,
    partition_concurrency: int | _Unchanged | None = UNCHANGED,
) -> None:
    """Override limits that code declares, until they are reset.

    Every worker obeys within a second; nothing that runs is stopped.

    Args:
        name: of the queue; it need not be known yet.
        concurrency: most that run at once over all workers.
        worker_concurrency: most that run at once in one process.
        limiter: most starts in a rolling window over all workers.
        partition_concurrency: most that run at once of one partition key.
            Of each: None resets it to what is declared; not given, it stays.

    Raises:
        ValueError: a limit is below 1, or the name is not valid.
    """
    refuse_in_event_loop("set_queue_limits")
    perform(
        _limit(
            name,
            concurrency=concurrency,
            worker_concurrency=worker_concurrency,
            limiter=limiter,
            partition_concurrency=partition_concurrency,
        )
    )


async def set_queue_limits_async(
    name: str,
    *,
    concurrency: int | _Unchanged | None = UNCHANGED,
    worker_concurrency: int | _Unchanged | None = UNCHANGED,
    limiter: Limiter | _Unchanged | None = UNCHANGED,
    partition_concurrency: int | _Unchanged | None = UNCHANGED,
) -> None:
    """Override limits that code declares: twin of `set_queue_limits`."""
    await perform_async(
        _limit(
            name,
            concurrency=concurrency,
            worker_concurrency=worker_concurrency,
            limiter=limiter,
            partition_concurrency=partition_concurrency,
        )
    )


def list_queues() -> list[QueueInfo]:
    """Return every queue that workers, code or operators know, or that holds work.

    By name. Counts end at 10,000; those of delayed and running workflows at 10,000
    over all queues.
    """
    refuse_in_event_loop("list_queues")
    return perform(_list())


async def list_queues_async() -> list[QueueInfo]:
    """Return every queue: twin of `list_queues`."""
    return await perform_async(_list())


def set_workflow_delay(
    workflow_id: str,
    *,
    delay_seconds: float | None = None,
    delay_until: datetime | str | None = None,
) -> None:
    """Change when a delayed workflow is due; one that is not delayed stays as it is.

    Args:
        workflow_id: whose.
        delay_seconds: from now, on the database's clock; 0: now.
        delay_until: an aware datetime or ISO 8601 text with an offset; give one of
            the two.

    Raises:
        NonExistentWorkflow: there is no such workflow.
        ValueError: none or both are given, or one is not valid.
    """
    refuse_in_event_loop("set_workflow_delay")
    perform(_delay(workflow_id, delay_seconds, delay_until))


async def set_workflow_delay_async(
    workflow_id: str,
    *,
    delay_seconds: float | None = None,
    delay_until: datetime | str | None = None,
) -> None:
    """Change when a delayed workflow is due: twin of `set_workflow_delay`."""
    await perform_async(_delay(workflow_id, delay_seconds, delay_until))


def _limit(name: str, **limits: Any) -> Operation[None]:
    patch = {key: value for key, value in limits.items() if value is not UNCHANGED}
    for key, value in patch.items():
        check_limit(key, value)
    yield from _control(_LIMIT, name, patch=patch)


def _control(
    word: str,
    name: str,
    *,
    paused: bool | None = None,
    patch: dict[str, Any] | None = None,
) -> Operation[None]:
    check_key(name, what="the name of a queue")
    if name == INTERNAL_QUEUE:
        message = f"{name!r} is the engine's own queue: it has no limits and no pause"
        raise ValueError(message)

    def work(_: Engine, session: Session) -> None:
        queues.control(session, name, paused=paused, patch=patch)

    yield from act_once(word, work)


def _list() -> Operation[list[QueueInfo]]:
    infos: list[QueueInfo] = yield from act_once(_LIST, _infos, writes=False)
    return infos


def _infos(host: Engine, session: Session) -> list[QueueInfo]:
    rows = {row[0]: row for row in queues.read(session)}
    counts = queues.count(session, _MOST_COUNTED)
    names = {*rows, *counts, *host.registry.queue_names()} - {INTERNAL_QUEUE}
    infos = []
    for name in sorted(names):
        _, declared, overridden, paused, _ = rows.get(name, (name, {}, {}, False, None))
        queue = host.registry.queue(name)
        if name not in rows and isinstance(queue, Queue):
            declared = queue.declaration()
        some = counts.get(name, Counter())
        infos.append(
            QueueInfo(
                name=name,
                declared=_limits_of(declared),
                overridden=_limits_of(overridden),
                effective=_limits_of({**declared, **overridden}),
                paused=paused,
                enqueued=some[WorkflowState.ENQUEUED],
                delayed=some[WorkflowState.DELAYED],
                running=some[WorkflowState.PENDING],
            )
        )
    return infos


def _limits_of(values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in LIMITS if values.get(name) is not None}


def _delay(
    workflow_id: str, delay_seconds: float | None, delay_until: datetime | str | None
) -> Operation[None]:
    if (delay_seconds is None) is (delay_until is None):
        message = "give either delay_seconds or delay_until"
        raise ValueError(message)
    if delay_seconds is not None:
        check_seconds(delay_seconds, rule="delay_seconds must be 0 or more")
    until = None if delay_until is None else _instant(delay_until)

    def work(host: Engine, session: Session, workflow_ids: list[str]) -> list[str]:
        changed = [
            one
            for one in workflow_ids
            if queues.set_delay(session, one, delay_seconds=delay_seconds, until=until)
        ]
        if changed:
            afterwards(host, lambda: host.publish((QUEUE, "")))
        return changed

    yield from act_on_one(_DELAY, workflow_id, work)


def _instant(value: datetime | str) -> float:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if moment.tzinfo is None:
        message = (
            "delay_until must be an aware datetime or ISO 8601 text with an offset, "
            f"not {value!r}"
        )
        raise ValueError(message)
    return moment.timestamp()
