"""Running a recorded history against the code at hand, without any effect.

The body of the workflow runs; every durable call in it is answered by what is
recorded, and the first one that is not recorded, or still waits, ends the rehearsal:

```
 body ─► call ─┬─ recorded, same name ──► its recorded outcome ──► body goes on
               ├─ recorded otherwise ───► diverges
               └─ not recorded ─────────► ends well (a coroutine's other tasks go on)
 body ends ────┬─ all was called ───────► ends well
               └─ something was not ────► diverges
```

No function of a step is called, nothing is read or written: the engine of a rehearsal
has no journal, no connections, and a clock at which everything is due.
"""

import asyncio
import inspect
import math
from dataclasses import replace
from typing import Any, cast

from asgiref.sync import async_to_sync

from durable_engine.clock import DatabaseClock
from durable_engine.loops import beside_the_loop
from durable_engine.records import ClaimedWorkflow
from durable_engine.replaying.records import Divergence, History, ReplayReport
from durable_engine.runtime.context import (
    Frame,
    Run,
    enter_frame,
    leave_frame,
    reset_options,
    set_options,
)
from durable_engine.runtime.engine import Engine, engine
from durable_engine.runtime.execution import arguments, begin_with_origin
from durable_engine.runtime.operations import Call, Operation, perform, perform_async

_LATER_CLAIM = 2
_STILL_TURNS = 20
_REAL_WAIT_SECONDS = 0.001
_NOWHERE: dict[str, Any] = {"position": None, "recorded": None, "called": None}


class _HistoryEnded(BaseException):
    """The body called what is not recorded."""


class _End:
    """The instruction at which a rehearsal ends, once all of it has come there."""

    def __init__(self) -> None:
        self.reached = 0

    def block(self) -> None:
        """End the body.

        Raises:
            _HistoryEnded: always.
        """
        self.reached += 1
        raise _HistoryEnded

    async def resolve(self) -> None:
        """Let this task stand still, and its siblings go on."""
        self.reached += 1
        await asyncio.get_running_loop().create_future()


class _Doomsday(DatabaseClock):
    """A clock at which every wait is over."""

    known = True

    def now(self) -> float:
        """Return the end of time."""
        return math.inf


class _Nothing:
    """Stands in for what a rehearsal must not touch."""

    def __getattr__(self, name: str) -> Any:
        raise _HistoryEnded


def rehearse(history: History) -> ReplayReport:
    """Replay one history against the code at hand.

    Returns:
        What came of it; a body that cannot even begin diverges, too.

    Guarantees: no step runs, nothing is written or read. The body itself runs, as in
        any replay: what it does beside durable calls, it does.
    """
    host = engine()
    if not host.registry.has_workflow(history.name):
        reason = f"no workflow is registered as {history.name!r}"
        return _report(history, Divergence(**_NOWHERE, reason=reason))
    run, end = _run_of(host, history)
    token, options = enter_frame(Frame(run)), set_options(None)
    try:
        with beside_the_loop():
            divergence = _perform(run, end)
    finally:
        reset_options(options)
        leave_frame(token)
    return _report(history, divergence, left=len(run.history))


def _report(
    history: History, divergence: Divergence | None, *, left: int | None = None
) -> ReplayReport:
    recorded = len(history.steps)
    replayed = 0 if left is None else recorded - left
    if divergence is not None and divergence.position in history.steps:
        replayed = sum(position < divergence.position for position in history.steps)
    return ReplayReport(
        workflow_id=history.workflow_id,
        name=history.name,
        recorded=recorded,
        replayed=replayed,
        divergence=divergence,
    )


def _run_of(host: Engine, history: History) -> tuple[Run, _End]:
    """Build an execution that has a history and nothing else."""
    stage = replace(
        host,
        clock=_Doomsday(),
        journal=cast("Any", _Nothing()),
        reads=cast("Any", _Nothing()),
        membership=None,
        runs={},
        witness=None,
    )
    claimed = ClaimedWorkflow(
        id=history.workflow_id,
        name=history.name,
        inputs=history.inputs,
        epoch=_LATER_CLAIM,
        recovery_attempts=1,
        created_at=history.created_at,
        random_seed=history.random_seed,
        started_by=history.started_by,
    )
    run = Run(stage, claimed, host.registry.workflow(history.name))
    run.history, run.history_read = dict(history.steps), True
    run.rehearsal = end = _End()
    return run, end


def _perform(run: Run, end: _End) -> Divergence | None:
    """Run the body as far as the history goes; return where they part."""
    try:
        begin_with_origin(run)
        args = arguments(run)
        inspect.signature(run.registration.function).bind(*args, **run.kwargs)
    except Exception as error:  # noqa: BLE001 - whatever keeps the body from beginning
        reason = f"the recorded inputs do not fit: {type(error).__name__}: {error}"
        return Divergence(**_NOWHERE, reason=reason)
    how = "returned"
    try:
        if run.registration.is_coroutine:
            ended = async_to_sync(_until_still, force_new_loop=True)(run, end)
        else:
            perform(_body(run))
            ended = True
    except _HistoryEnded:
        ended = False
    except Exception as error:  # noqa: BLE001 - the outcome of the body
        how, ended = f"raised {type(error).__name__}: {error}", True
    finally:
        run.closed = True
    return _divergence(run, how, ended=ended)


def _divergence(run: Run, how: str, *, ended: bool) -> Divergence | None:
    found = run.doom
    if found is not None:
        return Divergence(
            position=getattr(found, "position", None),
            recorded=getattr(found, "recorded", None),
            called=getattr(found, "called", None),
            reason="the code calls something else",
        )
    if not ended or not run.history:
        return None
    position = min(run.history)
    return Divergence(
        position=position,
        recorded=run.history[position].name,
        called=None,
        reason=f"the workflow {how} before all that is recorded was called",
    )


def _body(run: Run) -> Operation[Any]:
    return (yield Call(run.registration.function, run.args or (), run.kwargs))


async def _until_still(run: Run, end: _End) -> bool:
    """Run a coroutine body until it ends, or stands still at the history's end.

    Returns:
        Whether it ended.

    Raises:
        Exception: what the body raised.
    """
    task = asyncio.create_task(perform_async(_body(run)))
    still, seen = 0, None
    while not task.done() and still < _STILL_TURNS:
        await asyncio.sleep(0 if end.reached else _REAL_WAIT_SECONDS)
        now = (run.position, end.reached, len(asyncio.all_tasks()))
        still = still + 1 if end.reached and now == seen else 0
        seen = now
    if task.done():
        await task
        return True
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return False
