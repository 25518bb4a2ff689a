"""Planned crashes, and what follows."""

import pytest

import durable_engine as durable
from durable_engine.testing import DurableKit, WorkflowCrashed
from tests.support.shop.models import Order
from tests.testing import workflows
from tests.testing.workflows import PLAIN, ran


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


def steps_run() -> list[str]:
    return [one[0] for one in ran]


ALL = ["reserve", "pay", "ship"]


@pytest.mark.parametrize("position", [1, 2, 3])
@pytest.mark.parametrize("directly", [True, False])
def test_nothing_runs_twice(
    durable_kit: DurableKit, position: int, directly: bool
) -> None:
    with durable_kit.crash_at(position) as plan:
        if directly:
            with durable.SetWorkflowID("order"):
                workflows.checkout(1)
            pytest.fail("the crash ends the block")
        PLAIN.enqueue_many(
            [durable.Call(workflows.checkout, (1,), workflow_id="order")]
        )
        durable_kit.drain()
    assert plan.crashed == ["order"]
    assert steps_run() == ALL[:position]
    assert Order.objects.count() == (position > 1)
    durable_kit.assert_workflow("order", status="PENDING")
    durable_kit.assert_steps("order", ALL[:position])
    assert durable_kit.drain() == 0, "its process may still be alive"
    assert durable_kit.recover() == 1
    found = durable_kit.assert_workflow("order", status="SUCCESS", output="shipped 1")
    assert found.recovery_attempts == 2
    assert steps_run() == ALL
    durable_kit.assert_steps("order", ALL)
    durable_kit.assert_ran_once(workflows.pay, "order")


def test_the_lease_of_the_dead_ends_by_itself(durable_kit: DurableKit) -> None:
    with durable_kit.crash_at(1):
        workflows.checkout(1)
    durable_kit.durable_time.advance(seconds=29)
    assert durable_kit.drain() == 0
    durable_kit.durable_time.advance(seconds=2)
    assert durable_kit.drain() == 1
    assert steps_run() == ALL


def test_a_crash_in_a_transaction_elsewhere(durable_kit: DurableKit) -> None:
    with durable_kit.crash_at(2):
        workflows.far_checkout(1)
    durable_kit.recover()
    assert steps_run() == ["reserve", "pay_elsewhere", "ship"]


def test_every_workflow_that_comes_to_the_position_crashes(
    durable_kit: DurableKit,
) -> None:
    handles = PLAIN.enqueue_many([(workflows.checkout, (n,)) for n in range(3)])
    with durable_kit.crash_at(2, workflow_id=handles[1].workflow_id) as plan:
        durable_kit.drain()
    assert plan.crashed == [handles[1].workflow_id]
    statuses = [one.get_status().status for one in handles]
    assert statuses == ["SUCCESS", "PENDING", "SUCCESS"]
    handles = PLAIN.enqueue_many([(workflows.checkout, (n,)) for n in range(3, 6)])
    with durable_kit.crash_at(2) as plan:
        durable_kit.drain()
    assert plan.crashed == [one.workflow_id for one in handles]
    durable_kit.recover()
    assert {one.status for one in durable.list_workflows()} == {"SUCCESS"}


def test_parents_die_with_the_children_on_their_stack(durable_kit: DurableKit) -> None:
    crash = durable_kit.crash_at(2, workflow_id="family-2")
    with crash, durable.SetWorkflowID("family"):
        workflows.parent(1)
    durable_kit.assert_workflow("family", status="PENDING")
    durable_kit.assert_workflow("family-2", status="PENDING")
    durable_kit.recover()
    durable_kit.assert_workflow("family", output=["shipped 2", "shipped 1"])
    assert sorted(ran) == sorted([(name, n) for name in ALL for n in (1, 2)])


def test_only_workflows_without_a_parent_crash_by_themselves(
    durable_kit: DurableKit,
) -> None:
    with durable_kit.crash_at(3) as plan, durable.SetWorkflowID("family"):
        workflows.parent(1)
    assert plan.crashed == ["family"]


def test_nobody_survives_his_own_death(durable_kit: DurableKit) -> None:
    with durable_kit.crash_at(1):
        workflows.careful()
    assert ran == [("reserve", 1), "refused"], "no step runs in finally, either"
    durable_kit.recover()
    assert ran == [("reserve", 1), "refused", ("ship", 1), ("ship", 2)]


def test_waiting_for_the_dead_ends_the_block(durable_kit: DurableKit) -> None:
    handle = durable.start_workflow(workflows.checkout, 1)
    with durable_kit.crash_at(2):
        handle.get_result()
        pytest.fail("the crash ends the block")
    assert handle.get_result() == "shipped 1", "in time, another worker takes it over"


def test_a_plan_that_comes_to_nothing_fails(durable_kit: DurableKit) -> None:
    with pytest.raises(AssertionError) as failure, durable_kit.crash_at(9):
        workflows.checkout(1)
    assert str(failure.value) == (
        "nothing crashed: position 9 of any workflow was not recorded"
    )
    with pytest.raises(ValueError, match="needs a position, 1 or more, not 0"):
        durable_kit.crash_at(0).__enter__()
    with pytest.raises(ZeroDivisionError), durable_kit.crash_at(9):
        raise ZeroDivisionError
    with durable_kit.crash_at(1):
        with pytest.raises(RuntimeError, match="do not nest"), durable_kit.crash_at(1):
            pass
        raise WorkflowCrashed("w", 1)
