"""Durable sleep: the wake-up time is recorded once, on the database's clock."""

from typing import Any

from durable_engine.primitives.recording import required_run
from durable_engine.records import StepRow
from durable_engine.runtime import replay
from durable_engine.runtime.context import Run
from durable_engine.runtime.operations import (
    Operation,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.waiting import pause
from durable_engine.seconds import check_seconds

NAME = "durable.sleep"


def sleep(seconds: float) -> None:
    """Sleep in a workflow; a restart waits only for what is left.

    Args:
        seconds: 0 or more; weeks are fine, a hundred years are the most.

    Raises:
        OutsideWorkflow: called outside a workflow, or inside a step.
        TypeError: not a number.
        ValueError: not a number of seconds that can pass.
    """
    refuse_in_event_loop("sleep")
    perform(_sleep(required_run("sleep"), seconds))


async def sleep_async(seconds: float) -> None:
    """Sleep in a coroutine workflow: twin of `sleep`."""
    await perform_async(_sleep(required_run("sleep_async"), seconds))


def _sleep(run: Run, seconds: float) -> Operation[None]:
    check_seconds(seconds, rule="sleep needs 0 or more seconds")
    position, recorded = yield from replay.begin(run, NAME)
    engine = run.engine
    if recorded is None:
        now = engine.now()
        wake_at = round(now + seconds, 6)
        row = _row(run, position, started_at=now, wake_at=wake_at)
        replay.append(run, row)
        run.passed(wake_at)
    else:
        wake_at = float(replay.value_of(run, recorded))
    yield from pause(run, wake_at - engine.now())


def _row(run: Run, position: int, *, started_at: float, wake_at: float) -> StepRow:
    value: Any = wake_at
    return StepRow(
        workflow_id=run.workflow_id,
        epoch=run.epoch,
        position=position,
        name=NAME,
        started_at=started_at,
        completed_at=wake_at,
        output=replay.encode_output(run, value, "a wake-up time"),
    )
