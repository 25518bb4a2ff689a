"""A step or a transaction that is started or enqueued runs in a workflow of its own."""

import pytest

import durable_engine as durable
from tests.engine.histories import history, status
from tests.support.shop.models import Order

queue = durable.Queue("tests-started-steps")
calls: list[int] = []


@durable.step
def double(value):
    return value * 2


@durable.step(retries_allowed=True, interval_seconds=0)
def flaky():
    calls.append(1)
    if len(calls) < 3:
        raise ValueError("again")
    return len(calls)


@durable.step
async def later(value):
    return value * 3


@durable.transaction
def place(reference):
    return Order.objects.create(reference=reference).reference


class Till:
    @classmethod
    @durable.step
    def name(cls):
        return cls.__name__


def test_started(worker):
    handle = durable.start_workflow(double, 2)
    assert handle.get_result() == 4
    assert history(handle.workflow_id) == [(1, "double")]
    name = "durable.call:tests.engine.primitives.test_started_steps.double"
    assert handle.get_status().name == name


def test_enqueued(worker):
    handles = queue.enqueue_many([(double, (1,)), (later, (2,)), (place, ("A-1",))])
    assert [handle.get_result() for handle in handles] == [2, 6, "A-1"]
    assert Order.objects.count() == 1


def test_waits_for_a_worker(engine_database):
    handle = queue.enqueue(double, 2)
    assert status(handle.workflow_id) == "ENQUEUED"
    durable.launch()
    assert handle.get_result() == 4


def test_its_retries_count(worker):
    calls.clear()
    assert durable.start_workflow(flaky).get_result() == 3


def test_of_a_class(worker):
    assert durable.start_workflow(Till.name).get_result() == "Till"


def test_child_of_a_workflow(worker):
    @durable.workflow
    def program():
        handles = [queue.enqueue(double, number) for number in range(3)]
        return [handle.get_result() for handle in handles]

    with durable.SetWorkflowID("w-1"):
        assert durable.start_workflow(program).get_result() == [0, 2, 4]
    assert status("w-1-3") == "SUCCESS"


async def test_twins(worker):
    handle = await durable.start_workflow_async(later, 2)
    assert await handle.get_result() == 6
    assert await (await queue.enqueue_async(double, 2)).get_result() == 4


def test_steps_are_no_part_of_the_version(engine_database, settings):
    before = durable.application_version
    settings.DURABLE_ENGINE = {}

    @durable.step
    def another(): ...

    assert durable.application_version == before


def test_two_of_one_name(engine_database):
    def made(number):
        @durable.step(name="tests.twice")
        def step():
            return number

        return step

    first, second = made(1), made(2)
    with pytest.raises(durable.ConflictingRegistration, match=r"'tests\.twice'"):
        durable.start_workflow(first)
    handle = durable.start_workflow(second)
    durable.launch()
    assert handle.get_result() == 2
