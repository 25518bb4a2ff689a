"""Deleting what ended long ago, by hand."""

import math
from collections.abc import Iterator

from durable_engine.notify.base import OPERATIONS
from durable_engine.runtime.engine import engine
from durable_engine.runtime.operations import refuse_in_event_loop
from durable_engine.runtime.proofs import forget_proofs
from durable_engine.store import retention

_DAY_SECONDS = 86_400.0
_BATCH_ROWS = 500


def prune_workflows(*, days: float) -> int:
    """Delete the workflows that ended at least so many days ago.

    Steps, events, messages, stream entries and transaction checkpoints, also those on
    other aliases that this process knows, go with them. In bounded batches that wait for nobody; a workflow that has not ended stays, and
    so does a child whose parent has not.

    Args:
        days: 0 or more; fractions count.

    Returns:
        How many were deleted.

    Raises:
        ValueError: `days` is not a number of at least 0.
    """
    refuse_in_event_loop("prune_workflows", "asyncio.to_thread(prune_workflows, …)")
    return sum(prune_in_batches(days=days))


def prune_in_batches(*, days: float) -> Iterator[int]:
    """Do what `prune_workflows` does; yield how many each batch deleted.

    Raises:
        ValueError: `days` is not a number of at least 0.
    """
    if isinstance(days, bool) or not 0 <= days < math.inf:
        message = f"days must be 0 or more, not {days!r}"
        raise ValueError(message)
    host = engine()
    gone: list[str] | None = None
    while gone is None or len(gone) == _BATCH_ROWS:
        gone = host.reads.run(
            lambda session: retention.delete_old(
                session, age_seconds=days * _DAY_SECONDS, limit=_BATCH_ROWS
            ),
            writes=True,
        )
        if gone:
            forget_proofs(host, gone)
            host.publish((OPERATIONS, ""))
        yield len(gone)
