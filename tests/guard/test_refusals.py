"""A query in a workflow's body is refused, whichever way it comes to the database."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction

import durable_engine as durable
from tests.engine.histories import history, status
from tests.guard.places import place_of
from tests.support.databases import on_sqlite
from tests.support.shop.models import Order


@durable.step
def one():
    return 1


@durable.step
async def two():
    return 2


@durable.workflow
def counting():
    one()
    return Order.objects.filter(reference="secret-7").count()


@durable.workflow
async def counting_async():
    await two()
    return await Order.objects.filter(reference="secret-7").acount()


def refused(program, text, *args):
    """Call a workflow whose body queries at the line with this text; the error."""
    with pytest.raises(durable.QueryInWorkflow) as caught:
        program(*args)
    assert caught.value.location == place_of(program, text)
    return caught.value


def test_says_what_where_and_what_to_do(engine_database):
    with durable.SetWorkflowID("w"):
        error = refused(counting, "Order.objects")
    assert isinstance(error, durable.DurableError)
    assert error.statement.startswith('SELECT COUNT(*) AS "__count" FROM "shop_order"')
    assert "secret-7" not in str(error)
    assert str(error) == (
        f"A workflow body queried the database at {error.location}: "
        f"{error.statement}. A replay could see other data. Move the query into a "
        "@step or a @transaction, or set guard='off' for this workflow."
    )
    assert status("w") == "ERROR"
    recorded = durable.get_workflow_status("w").error
    assert type(recorded) is durable.QueryInWorkflow
    assert str(recorded) == str(error)


def test_a_replay_is_refused_at_the_same_place(worker):
    with durable.SetWorkflowID("w"):
        error = refused(counting, "Order.objects")
    again = durable.fork_workflow("w", 2)
    with pytest.raises(durable.QueryInWorkflow) as caught:
        again.get_result()
    assert caught.value.location == error.location
    assert history(again.workflow_id) == [(1, "one")]


async def test_coroutine_is_told_the_line_that_awaits(engine_database):
    with pytest.raises(durable.QueryInWorkflow) as caught:
        await counting_async()
    assert caught.value.location == place_of(counting_async, "acount")


def test_started_ones_are_refused_too(worker):
    for program in (counting, counting_async):
        with pytest.raises(durable.QueryInWorkflow):
            durable.start_workflow(program).get_result()


async def test_other_ways_of_a_coroutine(engine_database):
    @durable.workflow
    async def gathered():
        await asyncio.gather(two(), Order.objects.acount())

    @durable.workflow
    async def threaded():
        await asyncio.to_thread(Order.objects.count)

    @durable.workflow
    async def hopped():
        await sync_to_async(Order.objects.count)()

    @durable.workflow
    async def looped():
        async for order in Order.objects.all():
            print(order)  # noqa: T201 - never reached

    texts = ["gather(", "to_thread", "sync_to_async", "async for"]
    for program, text in zip((gathered, threaded, hopped, looped), texts, strict=True):
        with pytest.raises(durable.QueryInWorkflow) as caught:
            await program()
        assert caught.value.location == place_of(program, text)


def test_other_ways_to_the_database(engine_database):
    def elsewhere():
        return Order.objects.exists()

    @durable.workflow
    def by_helper():
        return elsewhere()

    @durable.workflow
    def by_own_function():
        def inner():
            return Order.objects.exists()

        return [inner() for _ in range(1)]

    @durable.workflow
    def raw():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    @durable.workflow
    def many():
        with connection.cursor() as cursor:
            cursor.executemany("DELETE FROM shop_order WHERE id = %s", [[1], [2]])

    @durable.workflow
    def creating():
        Order.objects.create(reference="A-1")

    @durable.workflow
    def in_block():
        with transaction.atomic(), transaction.atomic():
            Order(reference="A-1").save()

    @durable.workflow
    def streaming():
        return [order.pk for order in Order.objects.iterator()]

    @durable.workflow
    def long():
        return Order.objects.filter(pk__in=range(300)).exists()

    refused(by_helper, "elsewhere()")
    refused(by_own_function, "Order.objects")
    assert refused(raw, "cursor.execute").statement == "SELECT 1"
    refused(many, "executemany")
    refused(creating, "create(")
    refused(in_block, "save()")
    refused(streaming, "iterator()")
    assert len(refused(long, "exists()").statement) == 201
    assert Order.objects.count() == 0
    assert not connection.in_atomic_block


@on_sqlite
def test_other_alias(make_database, django_db_blocker, engine_database):
    connection.ensure_connection()
    other = connection.copy("other")

    @durable.workflow
    def elsewhere():
        with other.cursor() as cursor:
            cursor.execute("SELECT 2")

    try:
        assert refused(elsewhere, "execute").statement == "SELECT 2"
    finally:
        other.close()


@on_sqlite
def test_child_in_a_step_is_a_body_again(engine_database):
    @durable.step
    def calls_a_workflow():
        return counting()

    @durable.workflow
    def parent():
        calls_a_workflow()

    with pytest.raises(durable.QueryInWorkflow) as caught:
        parent()
    assert caught.value.location == place_of(counting, "Order.objects")


@on_sqlite
def test_an_author_may_catch_it(engine_database):
    @durable.workflow
    def cautious():
        try:
            Order.objects.count()
        except durable.QueryInWorkflow:
            return one()

    with durable.SetWorkflowID("w"):
        assert cautious() == 1
    assert status("w") == "SUCCESS"


@on_sqlite
def test_wrappers_of_the_project_stay_what_they_were(engine_database):
    seen = []

    def note(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    connection.close()
    connection.execute_wrappers.clear()
    with connection.execute_wrapper(note):  # connects inside the block
        Order.objects.count()
        with pytest.raises(durable.QueryInWorkflow):
            counting()
    with pytest.raises(durable.QueryInWorkflow):
        counting()
    Order.objects.count()
    assert len(seen) == 1
