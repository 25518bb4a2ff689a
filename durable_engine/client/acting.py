"""What every managing call shares: one position in a workflow, and who changed."""

from collections.abc import Callable, Iterable
from typing import Any

from durable_engine.clock import monotonic
from durable_engine.errors import NonExistentWorkflow
from durable_engine.ids import check_workflow_id
from durable_engine.notify.base import OPERATIONS, QUEUE
from durable_engine.primitives.recording import once
from durable_engine.records import BulkResult
from durable_engine.runtime.context import Run
from durable_engine.runtime.engine import Engine, engine
from durable_engine.runtime.operations import (
    Blocking,
    Joined,
    Operation,
    Query,
    patience_seconds,
)
from durable_engine.store import workflows
from durable_engine.store.session import Session

Action = Callable[[Engine, Session, list[str]], list[str]]
"""Changes what it can of the given ids, and returns those."""

Work = Callable[[Engine, Session], Any]
"""Does something else than changing workflows, and returns what came of it."""

NO_SUCH_WORKFLOW = "there is no such workflow"
_SETTLING_SECONDS = 5.0


def in_session(
    host: Engine, work: Callable[[Session], Any], *, writes: bool
) -> Operation[Any]:
    """Do something with a session: the caller's inside `atomic()`, else our own.

    Inside `atomic()` on the engine's alias it is part of that transaction. (A second
    connection could not write there on SQLite, whose one writer is the caller.)
    """
    joined, answer = yield Joined(host, work, writes=writes)
    if joined:
        return answer
    return (yield Query(host, work, writes=writes, seconds=patience_seconds()))


def afterwards(host: Engine, callback: Callable[[], object]) -> None:
    """Call back once what was done is committed: now, or with the caller's block."""
    if host.store.in_callers_transaction():
        host.store.on_commit(callback)
    else:
        callback()


def settle(host: Engine, workflow_ids: Iterable[str]) -> None:
    """Have what workflows of this process did written before it is acted on, or read.

    A step's checkpoint is on its way while the body goes on. Who hears of the step
    from the body, and cancels, copies or lists the workflow at once, means with it.
    Inside `atomic()` nothing is waited for: the journal may wait for that block.
    """
    until = monotonic() + _SETTLING_SECONDS
    for workflow_id in workflow_ids:
        run = host.runs.get(workflow_id)
        entry = None if run is None else run.last_entry
        if entry is None or entry.done or host.store.in_callers_transaction():
            continue
        host.journal.settle(entry, until)


def settled(host: Engine, workflow_ids: list[str]) -> Operation[None]:
    """Do as `settle`, from a thread or a coroutine."""
    if any(one in host.runs for one in workflow_ids):
        yield Blocking(host, lambda: settle(host, workflow_ids))


def act_on_one(name: str, workflow_id: str, action: Action) -> Operation[bool]:
    """Act on one workflow; tell whether that changed it.

    Raises:
        NonExistentWorkflow: there is no such workflow.
    """
    result = yield from act_on_many(name, [workflow_id], action)
    require_there(result, workflow_id)
    return bool(result.changed)


def require_there(result: BulkResult, workflow_id: str) -> None:
    """Raise if a workflow was not found.

    Raises:
        NonExistentWorkflow: there is no such workflow.
    """
    if result.unchanged.get(workflow_id) == NO_SUCH_WORKFLOW:
        raise NonExistentWorkflow(workflow_id=workflow_id)


def several(workflow_ids: Iterable[str]) -> list[str]:
    """Return the ids as a list.

    Raises:
        TypeError: one text was given, which is an iterable of letters.
    """
    if isinstance(workflow_ids, str | bytes):
        message = f"workflow_ids must be several ids, not one text: {workflow_ids!r}"
        raise TypeError(message)
    return list(workflow_ids)


def act_on_many(
    name: str, workflow_ids: list[str], action: Action
) -> Operation[BulkResult]:
    """Act on several workflows; say which changed, and why the others did not."""
    wanted = list(dict.fromkeys(check_workflow_id(one) for one in workflow_ids))

    def act(_: Run | None) -> Operation[BulkResult]:
        host = engine()
        yield from settled(host, wanted)

        def work(session: Session) -> BulkResult:
            changed = action(host, session, wanted) if wanted else []
            done = set(changed)
            left = [one for one in wanted if one not in done]
            found = workflows.statuses(session, left) if left else {}
            return BulkResult(
                changed=changed,
                unchanged={
                    one: f"it is {found[one]}" if one in found else NO_SUCH_WORKFLOW
                    for one in left
                },
            )

        result: BulkResult = yield from in_session(host, work, writes=True)
        return result

    return (yield from once(name, act))


def act_once(name: str, work: Work, *, writes: bool = True) -> Operation[Any]:
    """Do something with a session, once per position; other processes are told."""

    def act(_: Run | None) -> Operation[Any]:
        host = engine()

        def whole(session: Session) -> Any:
            answer = work(host, session)
            if writes:
                afterwards(host, lambda: host.publish((OPERATIONS, ""), (QUEUE, "")))
            return answer

        return (yield from in_session(host, whole, writes=writes))

    return (yield from once(f"durable.{name}", act))
