"""The setting decides, and a workflow's own choice wins over it."""

import warnings

import pytest
from django.conf import settings
from django.test import override_settings

import durable_engine as durable
from tests.engine.histories import status
from tests.guard.places import place_of
from tests.support.databases import on_sqlite
from tests.support.shop.models import Order


def guarded(name):
    return override_settings(DURABLE_ENGINE={**settings.DURABLE_ENGINE, "GUARD": name})


@durable.workflow
def undecided():
    first = Order.objects.count()
    second = sum(Order.objects.count() for _ in range(3))
    return first + second


@durable.workflow(guard="raise")
def strict():
    return Order.objects.count()


@durable.workflow(guard="warn")
def warned():
    return Order.objects.count()


@durable.workflow(guard="warn")
async def warned_async():
    return await Order.objects.acount()


@durable.workflow(guard="off")
def free():
    return Order.objects.count()


def test_a_warning_comes_once_per_workflow_and_line(engine_database):
    with guarded("warn"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert [undecided(), undecided()] == [0, 0]
    assert {one.category for one in caught} == {durable.DurableWarning}
    assert [f"{one.filename}:{one.lineno}" for one in caught] == [
        place_of(undecided, "first = "),
        place_of(undecided, "second = "),
    ]
    assert str(caught[0].message) == (
        "A workflow body queried the database at "
        f"{place_of(undecided, 'first = ')}: "
        'SELECT COUNT(*) AS "__count" FROM "shop_order". A replay could see other '
        "data. Move the query into a @step or a @transaction, or set guard='off' for "
        "this workflow."
    )


async def test_coroutine_is_warned_once_too(engine_database):
    with pytest.warns(durable.DurableWarning) as caught:
        assert [await warned_async(), await warned_async()] == [0, 0]
    (warning,) = caught
    assert f"{warning.filename}:{warning.lineno}" == place_of(warned_async, "acount")


@on_sqlite
def test_warnings_that_are_errors_are_the_workflows(engine_database):
    with pytest.raises(durable.DurableWarning), durable.SetWorkflowID("w"):
        warned()  # pytest makes errors of warnings
    assert status("w") == "ERROR"


@on_sqlite
@pytest.mark.parametrize("setting", ["raise", "warn", "off"])
def test_a_workflows_choice_wins(engine_database, setting):
    with guarded(setting):
        with pytest.raises(durable.QueryInWorkflow):
            strict()
        with pytest.warns(durable.DurableWarning):
            assert warned() == 0
        assert free() == 0


@on_sqlite
def test_the_setting_decides_for_the_others(engine_database):
    with pytest.raises(durable.QueryInWorkflow):
        undecided()
    with guarded("off"):
        assert undecided() == 0
    with guarded("raise"), pytest.raises(durable.QueryInWorkflow):
        undecided()
