"""Taking over the workflows of executors, by hand.

Every worker does this by itself when a lease has ended; this is for an operator who
does not want to wait, or whose worker hangs while its heart beats.
"""

from durable_engine.client.acting import act_once
from durable_engine.ids import check_key
from durable_engine.records.operators import RecoveredExecutor
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.operations import perform, refuse_in_event_loop
from durable_engine.store import executors
from durable_engine.store.session import Session

_BATCH_ROWS = 1_000
_MOST_EXECUTORS = 10_000
_ALIVE = "it is alive: its lease holds; force takes over all the same"
_UNKNOWN = "there is no such executor"


def dead_executors() -> list[str]:
    """Return the executors without a lease that still own workflows, by name."""
    refuse_in_event_loop("dead_executors", "asyncio.to_thread(dead_executors)")

    def work(_: Engine, session: Session) -> list[str]:
        return executors.dead_owners(session, _MOST_EXECUTORS)

    found: list[str] = perform(act_once("dead_executors", work, writes=False))
    return found


def recover_executor(executor_id: str, *, force: bool = False) -> RecoveredExecutor:
    """Make the running workflows of an executor due for any worker of their version.

    Args:
        executor_id: whose; its row may be gone.
        force: also if it is alive. Its lease is ended: the fence refuses whatever it
            still tries to record, and it registers anew if it can. A step that it
            runs may run a second time, as after any crash.

    Returns:
        What was taken over, or why it was left alone.

    Raises:
        ValueError: the name is not valid.
    """
    refuse_in_event_loop("recover_executor", "asyncio.to_thread(recover_executor, …)")
    check_key(executor_id, what="the name of an executor")

    def work(_: Engine, session: Session) -> RecoveredExecutor:
        with session.transaction():
            return _recover(session, executor_id, force=force)

    found: RecoveredExecutor = perform(act_once("recover_executor", work))
    return found


def _recover(session: Session, executor_id: str, *, force: bool) -> RecoveredExecutor:
    held = executors.lease_held(session, executor_id)
    if held and not force:
        return RecoveredExecutor(left_because=_ALIVE)
    if held:
        executors.expire(session, [executor_id])
    taken: list[str] = []
    while some := executors.take_from(session, [executor_id], _BATCH_ROWS):
        taken += some
    if not taken and held is None:
        return RecoveredExecutor(left_because=_UNKNOWN)
    return RecoveredExecutor(workflow_ids=taken)
