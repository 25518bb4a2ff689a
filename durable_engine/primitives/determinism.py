"""Time, ids and randomness that a replay repeats; none takes a position.

Outside a workflow's body, also inside a step, they are the real thing: what a step
does is recorded, not repeated.
"""

import random as real
import uuid
from datetime import datetime

from durable_engine.clock import from_epoch, wall_epoch
from durable_engine.runtime.context import Run, current_run


def now() -> datetime:
    """Return the time, in UTC; in a workflow the instant of its last operation.

    It stands still between two durable operations, never goes back, and begins with
    the instant at which the workflow was created; a replay sees the same.
    """
    run = current_run()
    return from_epoch(wall_epoch() if run is None else run.last_instant)


def uuid4() -> uuid.UUID:
    """Return a random id; in a workflow a replay gets the same one."""
    run = current_run()
    if run is None:
        return uuid.uuid4()
    return uuid.UUID(int=_generator(run).getrandbits(128), version=4)


def random() -> float:
    """Return a number from 0 up to 1; in a workflow a replay gets the same one.

    Not for secrets.
    """
    run = current_run()
    if run is None:
        return real.random()  # noqa: S311 - not for secrets, as documented
    return _generator(run).random()


def _generator(run: Run) -> real.Random:
    """Return the run's generator, seeded by its id or, in a fork, by its origin's."""
    if run.random is None:
        seed = run.claimed.random_seed or run.workflow_id
        run.random = real.Random(seed)  # noqa: S311 - not for secrets
    return run.random
