"""Debouncing: of many calls with one key, the last one's arguments run once."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from durable_engine.errors import QueueDeduplicated
from durable_engine.ids import check_key, id_of_child, new_workflow_id
from durable_engine.notify.base import QUEUE
from durable_engine.primitives.handles import WorkflowHandle, WorkflowHandleAsync
from durable_engine.primitives.queues import Queue
from durable_engine.primitives.recording import at_position
from durable_engine.primitives.starting import workflow_registration
from durable_engine.records import NewWorkflow
from durable_engine.runtime.context import Run, current_options
from durable_engine.runtime.engine import Engine, engine
from durable_engine.runtime.operations import (
    Joined,
    Operation,
    Query,
    patience_seconds,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.registry import INTERNAL_QUEUE, registry
from durable_engine.runtime.requests import Request, row_of, take_id
from durable_engine.runtime.starters import starter
from durable_engine.seconds import check_seconds
from durable_engine.states import WorkflowState
from durable_engine.store import debouncing
from durable_engine.store.session import Session

_DEBOUNCE = "durable.debounce"
_TRIES = 20
_OWN_OPTIONS = ("deduplication_id", "priority", "delay_seconds", "queue_partition_key")


class Debouncer:
    """Starts a workflow when calls with a key have ceased for a while.

    Args:
        workflow: the workflow, or its registered name.
        debounce_timeout_sec: start at the latest so long after the first call; None:
            as long as calls keep coming, it does not start.
        queue: through which it goes, by name or declaration; None: past all queues.

    Raises:
        UnregisteredWorkflow: the function is no workflow.
        TypeError: the workflow is a method.
        ValueError: the time-out is not above 0.
    """

    def __init__(
        self,
        workflow: Callable[..., Any] | str,
        *,
        debounce_timeout_sec: float | None = None,
        queue: Queue | str | None = None,
    ) -> None:
        if debounce_timeout_sec is not None:
            rule = "debounce_timeout_sec must be above 0 seconds or None"
            check_seconds(debounce_timeout_sec, rule=rule, zero=False)
        if isinstance(workflow, str):
            self._name = check_key(workflow, what="the name of a workflow")
        else:
            registration = workflow_registration(workflow)
            if registration.receiver is not None:
                message = f"the method {registration.name} cannot be debounced"
                raise TypeError(message)
            self._name = registration.name
        self._timeout_seconds = debounce_timeout_sec
        name = queue.name if isinstance(queue, Queue) else queue
        self._queue_name = INTERNAL_QUEUE if name is None else name

    @classmethod
    def create(
        cls,
        workflow: Callable[..., Any] | str,
        *,
        debounce_timeout_sec: float | None = None,
        queue: Queue | str | None = None,
    ) -> "Debouncer":
        """Return a debouncer; for programs written for DBOS."""
        return cls(workflow, debounce_timeout_sec=debounce_timeout_sec, queue=queue)

    @classmethod
    async def create_async(
        cls,
        workflow: Callable[..., Any] | str,
        *,
        debounce_timeout_sec: float | None = None,
        queue: Queue | str | None = None,
    ) -> "Debouncer":
        """Return a debouncer: twin of `create`."""
        return cls(workflow, debounce_timeout_sec=debounce_timeout_sec, queue=queue)

    def debounce(
        self, key: str, period_seconds: float, /, *args: Any, **kwargs: Any
    ) -> WorkflowHandle[Any]:
        """Start the workflow with these arguments, unless another call comes first.

        Args:
            key: what calls have in common that stand for one another.
            period_seconds: how long to wait for another call.
            *args: what the workflow is called with.
            **kwargs: the same, by name.

        Returns:
            The handle of the workflow that waits; the same for all calls until it
            starts.

        Raises:
            SerializationError: an argument cannot be encoded; nothing is stored.
            QueueDeduplicated: another workflow holds the key in the queue.
            ValueError: the key or the period is not valid, or `SetEnqueueOptions`
                says something that a debouncer decides itself.
            DatabaseUnavailable: outside workflows, when the database has not answered
                for 30 seconds; whether this call counts is not known then.
        """
        refuse_in_event_loop("debounce")
        return WorkflowHandle(perform(self._bounce(key, period_seconds, args, kwargs)))

    async def debounce_async(
        self, key: str, period_seconds: float, /, *args: Any, **kwargs: Any
    ) -> WorkflowHandleAsync[Any]:
        """Start the workflow unless another call comes first: twin of `debounce`."""
        bounce = self._bounce(key, period_seconds, args, kwargs)
        return WorkflowHandleAsync(await perform_async(bounce))

    def _bounce(
        self,
        key: str,
        period_seconds: float,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Operation[str]:
        check_key(key, what="the key of a debouncer")
        check_seconds(period_seconds, rule="period_seconds must be above 0", zero=False)
        _check_options()
        chosen = take_id()

        def act(run: Run | None, position: int) -> Operation[str]:
            host = engine()
            own = id_of_child(run.workflow_id, position) if run else new_workflow_id()
            by = yield from starter()
            row = replace(
                self._row(chosen or own, key, period_seconds, args, kwargs),
                started_by=by,
            )
            if run is None:
                joined, holder = yield Joined(
                    host, lambda session: self._write_in_block(host, session, row)
                )
                if joined:
                    return str(holder)

            def work(session: Session) -> str:
                return self._write_alone(session, row)

            found: str = yield Query(
                host, work, writes=True, seconds=patience_seconds()
            )
            host.publish((QUEUE, ""))
            return found

        return (yield from at_position(_DEBOUNCE, act))

    def _row(
        self,
        workflow_id: str,
        key: str,
        period_seconds: float,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> NewWorkflow:
        known = registry.has_workflow(self._name)
        request = Request(
            name=self._name,
            registration=registry.workflow(self._name) if known else None,
            args=args,
            kwargs=kwargs,
            queue_name=self._queue_name,
            deduplication_id=f"{self._name}-{key}",
        )
        first_delay = min(period_seconds, self._timeout_seconds or math.inf)
        return replace(
            row_of(engine(), request, workflow_id, started_by=None),
            status=WorkflowState.DELAYED,
            delay_seconds=first_delay,
        )

    def _write_in_block(self, host: Engine, session: Session, row: NewWorkflow) -> str:
        holder = self._write(session, row)
        host.store.on_commit(lambda: host.publish((QUEUE, "")))
        return holder

    def _write_alone(self, session: Session, row: NewWorkflow) -> str:
        with session.transaction():
            return self._write(session, row)

    def _write(self, session: Session, row: NewWorkflow) -> str:
        """Extend the wait of the one that waits, or begin one; return its id.

        Raises:
            QueueDeduplicated: another workflow holds the key in the queue.
        """
        holder: tuple[str, str] | None = None
        for _ in range(_TRIES):
            found = debouncing.extend(session, row, self._timeout_seconds)
            if found is not None:
                return found
            debouncing.free(session, row)
            if debouncing.begin(session, row):
                return row.id
            # Somebody was faster: another call, or another use of the id.
            holder = debouncing.holder(session, row)
            if holder is not None and holder[0] == row.id:
                return row.id
            if holder is not None and holder[1] != row.name:
                break
        raise QueueDeduplicated(
            workflow_id="" if holder is None else holder[0],
            queue_name=self._queue_name,
            deduplication_id=row.deduplication_id or "",
        )


def _check_options() -> None:
    options = current_options()
    given = options.enqueue if options is not None else {}
    wrong = [name for name in _OWN_OPTIONS if given.get(name) is not None]
    if wrong:
        message = f"a debouncer decides itself about {', '.join(wrong)}"
        raise ValueError(message)
