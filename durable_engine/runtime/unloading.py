"""Giving the memory of waiting workflows back, with every wake-up in their rows.

Runs that called each other directly stand on one stack, or in the tasks of one
coroutine: such a *family* goes as a whole, and only while all of it rests. What has
to hold, or a wake-up is lost:

1. Who rests is told to stop before it goes on. A rest begins and ends under the run's
   lock, and `stop` is set under the locks of the whole family: who leaves a rest
   afterwards meets it at the `check` that comes before it looks again, so that it
   consumes no message whose position nobody would continue.
2. The row says everything that is waited for: of all rests, and of the runs called.
3. Nothing else moves. `moving` counts the durable calls that do not rest, from begin
   to end. A task between two durable calls is in none; but if it is ready, it is in
   its next one after some turns of its loop. So the loop itself looks once more, after
   as many turns in which nothing of the family has begun to rest, or to move: whatever
   did so a moment before the look may have made a task ready.

Called by `residents`, and in parts by the testing kit.
"""

import asyncio
from contextlib import ExitStack

from durable_engine.errors import WorkflowUnloaded
from durable_engine.notify.base import RESULT, waiting_key
from durable_engine.runtime.context import Run, Unloading
from durable_engine.runtime.places import WorkerPlace
from durable_engine.store.session import Session

_STILL_TURNS = 20
"""Several for each task on the way to the one that goes on (`gather`, a group)."""


def unload(run: Run) -> None:
    """Stop a waiting run and its family, to be continued later, if they rest.

    Those on a loop go a little later, if they still rest then. Until it is known they
    hold their place, so that no more fall asleep than can be unloaded.
    """
    loop = next((one.loop for one in run.waits.copy() if one.loop is not None), None)
    if loop is None:
        _stop_resting(run)
        return
    place = run.place
    if place is not None:
        place.hold()
    try:
        loop.call_soon_threadsafe(_settle, loop, run, place, _stirs(run), _STILL_TURNS)
    except RuntimeError:  # the loop is closed: nothing rests on it
        _release(place)


def _settle(
    loop: asyncio.AbstractEventLoop,
    run: Run,
    place: WorkerPlace | None,
    stirs: int,
    turns: int,
) -> None:
    """Stop a family if it has been still for so many turns; else leave it be."""
    if _stirs(run) != stirs:
        _release(place)
    elif turns:
        loop.call_soon(_settle, loop, run, place, stirs, turns - 1)
    elif not _stop_resting(run):
        _release(place)


def _stirs(run: Run) -> int:
    """Return how often any of a family began to rest, or to move."""
    if run.caller is None and not run.called:
        return run.stirs
    return sum(one.stirs for one in family(run))


def _release(place: WorkerPlace | None) -> None:
    if place is not None:
        place.release()


def _stop_resting(run: Run) -> bool:
    """Stop a family, each row to be left as its rests say, unless something moves.

    Returns:
        Whether it was stopped.
    """
    members: list[Run] = []
    with ExitStack() as locks:
        _hold(_first_caller(run), locks, members)
        if not all(map(_may_go, members)):
            return False
        for one in members:
            one.unloading = unloading_of(one)
            one.stop = WorkflowUnloaded(one.workflow_id)
    for one in members:
        one.wake()
    return True


def unloading_of(run: Run) -> Unloading:
    """Return how the row of a run is to be left, for all that it waits for."""
    waits = [one.unloading() for one in run.waits]
    keys = [one.waiting_on for one in waits if one.waiting_on is not None]
    keys += [key for one in waits for key in one.also]
    keys += [waiting_key((RESULT, child.workflow_id)) for child in run.called]
    instants = [one.wake_at for one in waits if one.wake_at is not None]
    probes = [one.probe for one in waits if one.probe is not None]

    def any_came(session: Session) -> bool:
        return any(probe(session) for probe in probes)

    return Unloading(
        wake_at=min(instants, default=None),
        waiting_on=keys[0] if keys else None,
        also=tuple(keys[1:]),
        probe=any_came if probes else None,
    )


def family(run: Run) -> list[Run]:
    """Return the runs that share a stack, or the tasks of a coroutine, with one."""
    members = [_first_caller(run)]
    for one in members:  # which grows on the way
        members.extend(one.called.copy())
    return members


def _first_caller(run: Run) -> Run:
    while run.caller is not None:
        run = run.caller
    return run


def _hold(run: Run, locks: ExitStack, members: list[Run]) -> None:
    """Take the locks of a run and of those below it; always from the top down."""
    locks.enter_context(run.lock)
    members.append(run)
    for child in run.called:
        _hold(child, locks, members)


def _may_go(run: Run) -> bool:
    """Whether a run does nothing but wait, and may go; called under its lock."""
    goes_on = run.stop is None and not run.closed
    return run.rests and goes_on and run.registration.unload
