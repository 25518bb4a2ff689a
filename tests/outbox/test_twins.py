"""A coroutine's starts join the transaction that its asynchronous ORM is in."""

import asyncio

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import transaction

import durable_engine as durable
from tests.engine.histories import status
from tests.support.databases import on_sqlite
from tests.support.shop.models import Order

queue = durable.Queue("tests-outbox-twins")


@durable.workflow
def listen():
    return durable.recv(timeout_seconds=None)


@durable.workflow
async def nothing():
    pass


async def everything():
    """Write, start, enqueue and send; give the ids."""
    await Order.objects.acreate(reference="A-1")
    started = await durable.start_workflow_async(listen)
    enqueued = await queue.enqueue_async(listen)
    several = await queue.enqueue_many_async([(listen, ()), (listen, ())])
    await durable.send_async(started.workflow_id, "hello")
    await durable.send_bulk_async(
        [durable.SendMessage(destination_id=enqueued.workflow_id, message=1)]
    )
    handles = [started, enqueued, *several]
    return [handle.workflow_id for handle in handles]


def test_in_a_synchronous_block(engine_database):
    with transaction.atomic():
        lost = async_to_sync(everything)()
        transaction.set_rollback(True)
    assert [durable.get_workflow_status(one) for one in lost] == [None] * 4
    assert Order.objects.count() == 0
    with transaction.atomic():
        kept = async_to_sync(everything)()
    assert [status(one) for one in kept] == ["ENQUEUED"] * 4


def test_managing_too(engine_database):
    with durable.SetWorkflowID("w"):
        queue.enqueue(listen)
    with transaction.atomic():
        async_to_sync(durable.cancel_workflow_async)("w")
        async_to_sync(durable.pause_queue_async)(queue.name)
        transaction.set_rollback(True)
    assert status("w") == "ENQUEUED"
    assert durable.list_queues()[0].paused is False


def test_direct_call_is_refused(engine_database):
    with transaction.atomic(), pytest.raises(durable.AtomicBlock):
        async_to_sync(nothing)()
    assert durable.list_workflows() == []


async def test_in_a_block_of_the_thread_for_synchronous_code(worker):
    block = transaction.atomic()
    await sync_to_async(block.__enter__)()
    ids = await everything()
    await sync_to_async(block.__exit__)(None, None, None)
    handle = await durable.retrieve_workflow_async(ids[0])
    assert await handle.get_result() == "hello"


@on_sqlite
async def test_a_block_of_somebody_else_is_none_of_ours(engine_database):
    entered, left = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold():
        with transaction.atomic():  # nothing is written: it locks nobody out
            loop.call_soon_threadsafe(entered.set)
            asyncio.run_coroutine_threadsafe(left.wait(), loop).result()
            transaction.set_rollback(True)

    holding = asyncio.create_task(asyncio.to_thread(hold))
    await entered.wait()
    left_soon = loop.call_later(0.05, left.set)
    handle = await durable.start_workflow_async(listen)
    await holding
    left_soon.cancel()
    found = await durable.get_workflow_status_async(handle.workflow_id)
    assert found.status == "ENQUEUED"
