"""The program under test: starts one workflow, and waits for its result.

Run again after a crash it does the same with the same id, as real programs do, and
runs a worker besides, which takes over what the dead one left.
"""

import asyncio
from typing import Any

import durable_engine as durable
from durable_engine.runtime import journal
from durable_engine.worker import embedded
from tests.faults.harness import boundary, mutants, scripts
from tests.faults.harness.ledger import Ledger
from tests.faults.harness.orders import Order

WORKFLOW_ID = "root"


def run(order: Order) -> None:
    """Live one life; the result goes to the ledger."""
    scripts.ledger = ledger = Ledger(order.ledger)
    if order.script not in scripts.LAZY:
        journal._LAZY_SECONDS = 3600.0
    mutants.apply(order.mutant)
    points = boundary.Boundary(ledger, order.harm, order.at)
    boundary.install(points)
    try:
        result: Any = ["value", _play(order)]
    except Exception as error:  # noqa: BLE001 - the workflow's own, or a violation
        result = ["error", type(error).__name__, str(error)]
    points.wait_until_quiet()
    ledger.write("RESULT", result=result)


def _play(order: Order) -> Any:
    """Start the workflow, or attach to it, and return its value."""
    workflow: Any = scripts.play_async if order.coroutines else scripts.play
    if order.through_worker:
        with durable.SetWorkflowID(WORKFLOW_ID):
            handle = durable.start_workflow(workflow, order.script)
        _launch()
        return handle.get_result()
    if order.worker:
        _launch()
    with durable.SetWorkflowID(WORKFLOW_ID):
        if order.coroutines:
            return asyncio.run(workflow(order.script))
        return workflow(order.script)


def _launch() -> None:
    """Start a worker, and let it write what it writes at its start."""
    durable.launch(threads=4, coroutines=4)
    worker = embedded._worker
    assert worker is not None
    claimer = worker.claimer
    while not (claimer.claimed or claimer.rounds_without_work):
        claimer.stopping.wait(0.002)
