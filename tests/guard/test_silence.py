"""The guard says nothing of queries that no workflow's body makes."""

import asyncio
import threading

import pytest
from django.db import connection, transaction

import durable_engine as durable
from durable_engine.signals import workflow_finished, workflow_started
from tests.engine.histories import happened, history
from tests.support.databases import on_sqlite
from tests.support.shop.models import Note, Order

queue = durable.Queue("tests-guard")


@durable.step
def look():
    return Order.objects.count()


@durable.step
async def look_async():
    return await Order.objects.acount()


@durable.transaction
def place(reference):
    return Order.objects.create(reference=reference).reference


@durable.workflow
def child():
    return look()


def test_steps_and_transactions(engine_database):
    @durable.step(retries_allowed=True, interval_seconds=0.001)
    def second_try():
        if Note.objects.count() == 0:
            Note.objects.create(text="tried")
            raise ValueError("once more")
        return Note.objects.count()

    @durable.step(
        retries_allowed=True,
        should_retry=lambda _: Order.objects.exists() and False,
    )
    def asks_first():
        raise ValueError("no")

    @durable.workflow
    def program():
        found = [look(), place("A-1"), second_try(), child()]
        found.append(durable.run_step(None, Order.objects.count))
        with pytest.raises(ValueError, match="no"):
            asks_first()
        found.append(durable.start_workflow(child).workflow_id is not None)
        return found

    assert program() == [0, "A-1", 1, 1, 1, True]


async def test_coroutines_and_their_threads(engine_database):
    @durable.step
    async def in_thread():
        return await asyncio.to_thread(Order.objects.count)

    async def here():
        return await Order.objects.acount()

    @durable.workflow
    async def program():
        found = await asyncio.gather(look_async(), in_thread())
        reference = await asyncio.to_thread(place, "A-1")
        return [*found, reference, await durable.run_step_async(None, here)]

    assert await program() == [0, 0, "A-1", 1]


def test_transaction_of_a_special_kind(engine_database):
    @durable.transaction(isolation_level="SERIALIZABLE", read_only=True)
    def reading():
        return Order.objects.count()

    @durable.workflow
    def program():
        return reading()

    if connection.vendor == "sqlite":
        reading = durable.transaction(name="reading")(reading.__wrapped__)
    assert program() == 0


def test_what_a_transaction_does_after_its_commit(worker):
    @durable.transaction
    def place_and_tell():
        order = Order.objects.create(reference="A-1")
        transaction.on_commit(lambda: Note.objects.create(text=order.reference))
        transaction.on_commit(lambda: queue.enqueue(child))

    @durable.workflow
    def program():
        place_and_tell()
        return look()

    with durable.SetWorkflowID("w"):
        assert program() == 1
    assert Note.objects.get().text == "A-1"
    # The enqueue is the transaction's, not the body's: it took no position.
    assert history("w") == [
        (1, f"{place_and_tell.__qualname__.rpartition('.')[2]}"),
        (2, "look"),
    ]


def test_calls_of_the_engine_that_read_through_django(engine_database):
    @durable.workflow
    def program():
        handle = durable.start_workflow(child)
        return [
            handle.get_status().status,
            durable.get_workflow_status("nobody"),
            len(durable.list_workflows(name="nothing")),
            len(durable.list_workflow_steps(durable.workflow_id)),
            len(durable.list_executors()),
            durable.retrieve_workflow(durable.workflow_id).workflow_id,
        ]

    with durable.SetWorkflowID("w"):
        assert program() == ["ENQUEUED", None, 0, 4, 1, "w"]


@on_sqlite
async def test_their_twins(engine_database):
    @durable.workflow
    async def program():
        return len(await durable.list_workflows_async(name="nothing"))

    assert await program() == 0


def test_receivers_of_signals(engine_database):
    def note(name, **_):
        Note.objects.create(text=name)

    @durable.workflow
    def parent():
        return child()

    workflow_started.connect(note)
    workflow_finished.connect(note)
    try:
        assert parent() == 0
    finally:
        workflow_started.disconnect(note)
        workflow_finished.disconnect(note)
    assert Note.objects.count() == 4


@on_sqlite
def test_others_on_the_same_thread_after_the_workflow(engine_database):
    assert child() == 0
    assert Order.objects.count() == 0


@on_sqlite
async def test_others_on_the_same_loop_meanwhile(engine_database):
    inside, seen = asyncio.Event(), asyncio.Event()

    @durable.workflow
    async def program():
        inside.set()
        await seen.wait()

    task = asyncio.create_task(program())
    await inside.wait()
    assert await Order.objects.acount() == 0
    seen.set()
    await task


@on_sqlite
async def test_tasks_that_outlive_their_workflow(engine_database):
    ended = asyncio.Event()
    tasks = []

    async def background():
        await ended.wait()
        return await Order.objects.acount()

    @durable.workflow
    async def program():
        tasks.append(asyncio.create_task(background()))

    await program()
    ended.set()
    assert await tasks[0] == 0


@on_sqlite
def test_threads_of_somebody_else(worker):
    inside, seen = threading.Event(), threading.Event()

    @durable.workflow
    def program():
        inside.set()
        happened(seen)

    handle = durable.start_workflow(program)
    happened(inside)
    assert Order.objects.count() == 0
    seen.set()
    handle.get_result()
