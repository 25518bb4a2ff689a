"""`workflow recover`: taking over by hand."""

import threading
from collections.abc import Iterator

import pytest

import durable_engine as durable
from console.models import AuditEntry
from durable_engine.models import Executor, Workflow
from tests.console import rows
from tests.management.conftest import tell

pytestmark = pytest.mark.usefixtures("engine_database")

GOES_ON = threading.Event()
HANGS = threading.Event()
ALIVE = "it is alive: its lease holds; force takes over all the same"
PASSED: list[str] = []


@durable.step(name="commands.hang")
def hang() -> str:
    if not PASSED:
        PASSED.append("first")
        HANGS.set()
        GOES_ON.wait(30)
        return "zombie"
    return "second"


@durable.workflow(name="commands.hanging")
def hanging() -> str:
    return hang()


@pytest.fixture
def hangs() -> Iterator[None]:
    """The first attempt of the step waits until it is told to go on."""
    for event in (GOES_ON, HANGS):
        event.clear()
    PASSED.clear()
    yield
    GOES_ON.set()


def owners() -> dict[str, str | None]:
    return dict(Workflow.objects.values_list("id", "executor_id"))


def test_the_dead_are_found_and_the_living_left_alone():
    rows.executor("alive:1")
    rows.executor("dead:2", alive=False)
    for workflow_id, owner in (("a", "alive:1"), ("d", "dead:2"), ("g", "gone:3")):
        rows.workflow(workflow_id, "PENDING", executor_id=owner, recovery_attempts=1)
    told = tell("workflow", "recover", "--json", "--reason", "now")
    assert (told.status, told.json) == (
        0,
        {
            "changed": ["dead:2", "gone:3"],
            "unchanged": {},
            "made": {"dead:2": ["d"], "gone:3": ["g"]},
        },
    )
    assert owners() == {"a": "alive:1", "d": None, "g": None}
    row = Workflow.objects.get(id="d")
    assert (row.recovery_attempts, row.epoch) == (2, 1)
    assert list(
        AuditEntry.objects.order_by("id").values_list("action", "target_id", "detail")
    ) == [
        ("recover_executor", "dead:2", "1 workflows"),
        ("recover_executor", "gone:3", "1 workflows"),
    ]
    assert tell("workflow", "recover").out == "No dead executor owns workflows.\n"


def test_one_that_is_alive_or_unknown_is_refused():
    rows.executor("alive:1")
    rows.executor("dead:2", alive=False)
    rows.workflow("a", "PENDING", executor_id="alive:1")
    told = tell("workflow", "recover", "alive:1", "nobody", "dead:2")
    assert told.status == 1
    assert told.lines == [
        "dead:2  workflows taken over: 0",
        f"alive:1  left alone: {ALIVE}",
        "nobody  left alone: there is no such executor",
    ]
    assert owners() == {"a": "alive:1"}


def test_force_ends_the_lease_and_the_fence_does_the_rest(worker, hangs):
    """The hanging process may record nothing more; the workflow goes on elsewhere."""
    with durable.SetWorkflowID("h"):
        handle = durable.start_workflow(hanging)
    assert HANGS.wait(30)
    told = tell("workflow", "recover", durable.executor_id, "--force", "--json")
    assert told.json["made"] == {durable.executor_id: ["h"]}
    lease = Executor.objects.get(id=durable.executor_id)
    assert lease.lease_expires_at is not None
    GOES_ON.set()
    assert handle.get_result() == "second"
    assert [one.output for one in durable.list_workflow_steps("h")] == ["second"]
