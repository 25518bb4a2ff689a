"""Changing a workflow's code while workflows of the old code are in flight.

`if patch("name"): new() else: old()` takes the new branch where the workflow has not
passed this point yet, and marks that in its history; a workflow that passed it with
the old code takes the old branch. When no such workflow is left, `deprecate_patch`
stands in for the condition, and later nothing.
"""

from durable_engine.ids import check_key
from durable_engine.primitives.recording import required_run
from durable_engine.runtime import replay
from durable_engine.runtime.context import Run
from durable_engine.runtime.operations import (
    Operation,
    perform,
    perform_async,
    refuse_in_event_loop,
)


def patch(name: str) -> bool:
    """Tell whether this workflow runs the new code from here on.

    Takes one position when it is true, and none when it is false.

    Args:
        name: of the change; the same at every place that belongs to it.

    Raises:
        OutsideWorkflow: called outside a workflow, or inside a step.
    """
    refuse_in_event_loop("patch")
    return perform(_patch(required_run("patch"), name))


async def patch_async(name: str) -> bool:
    """Tell whether this workflow runs the new code: twin of `patch`."""
    return await perform_async(_patch(required_run("patch_async"), name))


def deprecate_patch(name: str) -> bool:
    """Pass over the mark of a patch whose old code is gone; always true.

    Takes one position where the mark is there, and none elsewhere.

    Raises:
        OutsideWorkflow: called outside a workflow, or inside a step.
    """
    refuse_in_event_loop("deprecate_patch")
    return perform(_deprecate(required_run("deprecate_patch"), name))


async def deprecate_patch_async(name: str) -> bool:
    """Pass over the mark of a patch: twin of `deprecate_patch`."""
    return await perform_async(_deprecate(required_run("deprecate_patch_async"), name))


def _patch(run: Run, name: str) -> Operation[bool]:
    mark = _mark(name)
    run.check()
    if not _marked(run, mark) and _replaying(run):
        return False
    position, recorded = yield from replay.begin(run, mark)
    if recorded is None:
        replay.record(run, position, mark, started_at=run.engine.clock.now())
    return True


def _deprecate(run: Run, name: str) -> Operation[bool]:
    mark = _mark(name)
    run.check()
    if _marked(run, mark):
        yield from replay.begin(run, mark)
    return True


def _mark(name: str) -> str:
    return check_key(
        f"durable.patch-{check_key(name, what='the name of a patch')}",
        what="the name of a patch with its prefix",
    )


def _marked(run: Run, mark: str) -> bool:
    recorded = (run.history or {}).get(run.position + 1)
    return recorded is not None and recorded.name == mark


def _replaying(run: Run) -> bool:
    """Whether an earlier execution came to this position or beyond.

    A gap before later positions counts: what took the position there was begun by
    the old code, and had not ended.
    """
    return any(position > run.position for position in run.history or ())
