"""Failures of assertions say what there was."""

import pytest

import durable_engine as durable
from durable_engine.testing import DurableKit
from tests.testing import workflows
from tests.testing.workflows import ran


def failure_of(assertion: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(AssertionError) as failure:
        assertion(*args, **kwargs)  # type: ignore[operator]
    return str(failure.value)


def test_failures_are_readable(durable_kit: DurableKit) -> None:
    ran.clear()
    with durable.SetWorkflowID("one"):
        workflows.checkout(1)
    module = "tests.testing.workflows"
    steps = (
        f"\n  1. {module}.reserve: SUCCESS"
        f"\n  2. {module}.pay: SUCCESS"
        f"\n  3. {module}.ship: SUCCESS"
    )
    title = f"workflow 'one' ({module}.checkout)"
    kit = durable_kit
    assert failure_of(kit.assert_workflow, "none") == "there is no workflow 'none'"
    assert failure_of(kit.assert_workflow, "one", status="ERROR") == (
        f"{title} should be ERROR, is SUCCESS{steps}"
    )
    assert failure_of(kit.assert_workflow, "one", output=5) == (
        f"{title} should have returned 5, returned 'shipped 1'{steps}"
    )
    assert failure_of(kit.assert_workflow, "one", error=KeyError) == (
        f"{title} should have raised KeyError, raised None{steps}"
    )
    assert failure_of(kit.assert_steps, "one", ["reserve", workflows.ship]) == (
        f"{title} should have recorded the steps reserve, ship{steps}"
    )
    assert failure_of(kit.assert_ran, "ship", 2) == (
        "ship should have run 2 times, ran 1 times: one position 3, 1 attempts"
    )
    assert failure_of(kit.assert_ran_once, workflows.flaky) == (
        "flaky should have run 1 times, ran 0 times"
    )


def test_errors_are_found_by_class_or_text(durable_kit: DurableKit) -> None:
    ran.clear()
    with pytest.raises(durable.MaxStepRetriesExceeded):
        workflows.retried(9)
    (row,) = durable.list_workflows()
    durable_kit.assert_workflow(row, error=durable.MaxStepRetriesExceeded)
    durable_kit.assert_workflow(row, error="failed at each of its 3 attempts")


def test_one_kit_a_test(durable_kit: DurableKit) -> None:
    with pytest.raises(RuntimeError, match="a test has one"), DurableKit():
        pass
