"""Running workflows: calls, starts, queues, children, coroutines."""

import asyncio
import threading

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings

import durable_engine as durable
from durable_engine.runtime.engine import engine
from durable_engine.testing import DurableKit, NothingDueError, RunawayError
from tests.support.shop.models import Note, Order
from tests.testing import workflows
from tests.testing.workflows import NARROW, PLAIN, RATED, ran


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


def steps_run() -> list[str]:
    return [one[0] for one in ran]


def test_a_direct_call_runs_here_and_is_recorded(durable_kit: DurableKit) -> None:
    with durable.SetWorkflowID("order-1"):
        assert workflows.checkout(1) == "shipped 1"
    with durable.SetWorkflowID("order-1"):
        assert workflows.checkout(1) == "shipped 1"
    assert steps_run() == ["reserve", "pay", "ship"]
    assert Order.objects.get().amount == 1
    durable_kit.assert_workflow("order-1", status="SUCCESS", output="shipped 1")
    durable_kit.assert_steps("order-1", [workflows.reserve, "pay", workflows.ship])


def test_a_start_is_a_row_until_drained(durable_kit: DurableKit) -> None:
    handle = durable.start_workflow(workflows.checkout, 1)
    durable.send(handle.workflow_id, "unread")
    assert ran == []
    assert handle.get_status().status == "ENQUEUED"
    assert durable_kit.drain() == 1
    assert durable_kit.drain() == 0
    assert handle.get_result() == "shipped 1"
    assert steps_run() == ["reserve", "pay", "ship"]


def test_waiting_for_a_result_drains(durable_kit: DurableKit) -> None:
    assert durable.start_workflow(workflows.checkout, 1).get_result() == "shipped 1"
    handle = PLAIN.enqueue(workflows.approve, None)
    assert durable.get_event(handle.workflow_id, "state") == "asked"


def test_no_thread_is_started_and_none_is_left(durable_kit: DurableKit) -> None:
    before = threading.active_count()
    handle = durable.start_workflow(workflows.threads_here)
    durable_kit.drain()
    assert handle.get_result() == (threading.current_thread().name, True)
    assert workflows.threads_here()[1]
    assert threading.active_count() == before


def test_children_of_every_kind(durable_kit: DurableKit) -> None:
    expected = ["shipped 3", "shipped 2"]
    assert workflows.parent(2) == expected
    handle = durable.start_workflow(workflows.parent, 12)
    durable_kit.drain()
    assert handle.get_result() == ["shipped 13", "shipped 12"]
    durable_kit.assert_ran(workflows.ship, 4)


def test_a_failure_is_the_workflows_own(durable_kit: DurableKit) -> None:
    workflows.checkout(1)
    with pytest.raises(IntegrityError):
        workflows.checkout(1)
    (failed,) = durable.list_workflows(status="ERROR")
    durable_kit.assert_workflow(failed, error=IntegrityError)
    assert Order.objects.count() == 1, "the transaction of the test goes on"


def test_limits_of_queues_hold(durable_kit: DurableKit) -> None:
    waiting = [NARROW.enqueue(workflows.approve, 100) for _ in range(3)]
    rated = [RATED.enqueue(workflows.checkout, number) for number in range(5)]
    durable_kit.drain()
    assert [one.get_status().status for one in waiting] == [
        "PENDING",
        "PENDING",
        "ENQUEUED",
    ]
    assert [one.get_status().status for one in rated].count("SUCCESS") == 2
    durable_kit.durable_time.advance(seconds=61)
    durable_kit.drain()
    assert [one.get_status().status for one in rated].count("SUCCESS") == 4
    durable.send(waiting[0].workflow_id, "yes", "answer")
    durable_kit.drain()
    assert waiting[2].get_status().status == "PENDING"
    assert rated[4].get_result() == "shipped 4", "time passes for who waits"


def test_paused_queues_wait(durable_kit: DurableKit) -> None:
    durable.pause_queue(PLAIN.name)
    handle = PLAIN.enqueue(workflows.checkout, 1)
    assert durable_kit.drain() == 0
    durable.resume_queue(PLAIN.name)
    assert durable_kit.drain() == 1
    assert handle.get_status().status == "SUCCESS"


def test_coroutine_workflows_are_drained(durable_kit: DurableKit) -> None:
    handle = durable.start_workflow(workflows.gather, 1)
    durable_kit.drain()
    assert handle.get_status().status == "PENDING"
    durable_kit.durable_time.advance(minutes=1)
    durable_kit.drain()
    assert handle.get_result() == [1, 2]
    assert Note.objects.count() == 2, (
        "the asynchronous ORM is in the test's transaction"
    )
    assert durable.start_workflow(workflows.mixed, 4).get_result() == 40
    assert Order.objects.get().amount == 4


def test_several_waits_of_one_coroutine(durable_kit: DurableKit) -> None:
    handle = durable.start_workflow(workflows.gathered_waits)
    durable_kit.drain()
    assert ran == [("fetch", 7)], "what does not wait goes on"
    durable.send(handle.workflow_id, "one", "first")
    durable_kit.drain()
    assert handle.get_status().status == "PENDING"
    durable_kit.durable_time.advance(seconds=50)
    durable_kit.drain()
    assert handle.get_result() == ["one", None, 7]
    assert ran == [("fetch", 7)]


async def test_coroutines_in_an_asynchronous_test(durable_kit: DurableKit) -> None:
    assert await workflows.gather(1) == [1, 2]
    first, second = await asyncio.gather(workflows.gather(3), workflows.gather(5))
    assert (first, second) == ([3, 4], [5, 6])
    assert await Note.objects.acount() == 6
    handle = await durable.start_workflow_async(workflows.checkout, 1)
    durable_kit.drain()
    assert (await handle.get_status()).status == "SUCCESS"
    assert await handle.get_result() == "shipped 1"
    asking = await durable.start_workflow_async(workflows.approve)
    assert await durable.get_event_async(asking.workflow_id, "state") == "asked"
    await durable.send_async(asking.workflow_id, "yes", "answer")
    assert await durable_kit.drain_async() == 1
    durable_kit.assert_workflow(asking, output="yes")
    with durable_kit.crash_at(1):
        with durable.SetWorkflowID("crashed"):
            await workflows.gather(9)
        pytest.fail("the crash ends the block")
    await durable_kit.recover_async()
    durable_kit.durable_time.advance(minutes=1)
    durable_kit.drain()
    durable_kit.assert_workflow("crashed", output=[9, 10])


def test_the_tests_own_transaction_is_none_of_the_programs(
    durable_kit: DurableKit,
) -> None:
    with pytest.raises(durable.AtomicBlock), transaction.atomic():
        workflows.checkout(1)
    with transaction.atomic():
        kept = durable.start_workflow(workflows.checkout, 1)
    with transaction.atomic():
        durable.start_workflow(workflows.checkout, 2)
        transaction.set_rollback(True)
    assert [row.workflow_id for row in durable.list_workflows()] == [kept.workflow_id]
    assert kept.get_result() == "shipped 1"


def test_what_a_program_does_on_other_aliases(durable_kit: DurableKit) -> None:
    with transaction.atomic("other"):
        assert workflows.checkout(1) == "shipped 1"
    assert workflows.far_checkout(2) == "shipped 2"
    assert Note.objects.using("other").count() == 1


def test_settings_of_a_test_are_followed(durable_kit: DurableKit) -> None:
    with override_settings(DURABLE_ENGINE={"MAX_PAYLOAD_BYTES": 20}):
        with pytest.raises(durable.PayloadTooLarge):
            durable.start_workflow(workflows.checkout, "x" * 100)
        assert engine().threadless
        durable.launch()
    assert durable.start_workflow(workflows.checkout, 1).get_result() == "shipped 1"


def test_waiting_for_nothing_says_what_is_there(durable_kit: DurableKit) -> None:
    with durable.SetWorkflowID("asks"), pytest.raises(NothingDueError) as failure:
        workflows.approve(None)
    assert str(failure.value) == (
        "the test waits, but nothing is due, now or later. Send what is waited for, or "
        "recover() what crashed. In flight:\n"
        "  asks (tests.testing.workflows.approve) is PENDING, waiting for a message of "
        "the topic answer"
    )


def test_what_never_ends_is_ended(durable_kit: DurableKit) -> None:
    durable.start_workflow(workflows.again)
    with pytest.raises(RunawayError, match="drain\\(\\) has run 51 workflows"):
        durable_kit.drain(most=50)


def test_a_message_that_nobody_takes_keeps_nobody_busy(
    durable_kit: DurableKit,
) -> None:
    handle = durable.start_workflow(workflows.approve)
    durable_kit.drain()
    durable.send(handle.workflow_id, "for nobody", "another topic")
    assert durable_kit.drain() == 0
    durable_kit.assert_workflow(handle, status="PENDING")


def test_a_coroutine_that_cancels_its_task_ends_no_drain(
    durable_kit: DurableKit,
) -> None:
    @durable.workflow
    async def cancels_itself() -> int:
        asyncio.current_task().cancel()
        return 7

    handles = [durable.start_workflow(cancels_itself) for _ in range(2)]
    durable_kit.drain()
    assert [handle.get_result() for handle in handles] == [7, 7]
