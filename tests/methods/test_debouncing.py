"""Of many calls with one key the last one's arguments run once."""

import threading

import pytest

import durable_engine as durable
from tests.engine.histories import history, status


@pytest.fixture
def ran():
    return []


@pytest.fixture
def index(ran):
    """A workflow that notes what it was called with."""

    @durable.workflow(name="tests.index")
    def index(*args, **kwargs):
        ran.append((args, kwargs))
        return args

    return index


def test_last_arguments_run_once(worker, index, ran):
    debouncer = durable.Debouncer(index)
    handles = [debouncer.debounce("key", 0.5, number, x=number) for number in range(5)]
    assert len({handle.workflow_id for handle in handles}) == 1
    assert tuple(handles[0].get_result()) == (4,)
    assert ran == [((4,), {"x": 4})]
    found = durable.list_workflows(name="tests.index")
    assert len(found) == 1


def test_each_call_waits_anew(engine_database, index):
    debouncer = durable.Debouncer(index)
    first = debouncer.debounce("key", 100, 1)
    before = durable.get_workflow_status(first.workflow_id).delay_until
    debouncer.debounce("key", 1000, 2)
    found = durable.get_workflow_status(first.workflow_id)
    assert found.status == "DELAYED"
    assert (found.delay_until - before).total_seconds() > 800
    assert found.input["args"] == [2]


def test_timeout_bounds_the_wait(engine_database, index):
    debouncer = durable.Debouncer(index, debounce_timeout_sec=50)
    handle = debouncer.debounce("key", 100, 1)
    debouncer.debounce("key", 1000, 2)
    found = durable.get_workflow_status(handle.workflow_id)
    waits = (found.delay_until - found.created_at).total_seconds()
    assert 40 < waits < 60


def test_keys_and_workflows_are_apart(engine_database, index):
    @durable.workflow(name="tests.other_index")
    def other():
        pass

    ids = {
        durable.Debouncer(index).debounce("a", 100).workflow_id,
        durable.Debouncer(index).debounce("b", 100).workflow_id,
        durable.Debouncer(other).debounce("a", 100).workflow_id,
        durable.Debouncer(index, queue="mail").debounce("a", 100).workflow_id,
    }
    assert len(ids) == 4
    (queued,) = durable.list_workflows(queue_name="mail")
    assert queued.deduplication_id == "tests.index-a"


def test_key_is_free_once_it_runs(worker):
    entered, leave = threading.Event(), threading.Event()

    @durable.step
    def wait():
        entered.set()
        leave.wait(20)

    @durable.workflow(name="tests.slow_index")
    def slow(number):
        if number == 1:
            wait()
        return number

    debouncer = durable.Debouncer(slow)
    first = debouncer.debounce("key", 0.05, 1)
    assert entered.wait(20)
    second = debouncer.debounce("key", 0.05, 2)
    assert second.workflow_id != first.workflow_id
    assert second.get_result() == 2
    leave.set()
    assert first.get_result() == 1


def test_concurrent_calls_make_one(engine_database, index):
    debouncer = durable.Debouncer(index)
    ids = []

    def call(number):
        ids.append(debouncer.debounce("key", 100, number).workflow_id)

    threads = [threading.Thread(target=call, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 16
    assert len(set(ids)) == 1


def test_in_a_workflow_it_takes_one_position(engine_database, index):
    @durable.workflow
    def program():
        debouncer = durable.Debouncer(index)
        return [debouncer.debounce("key", 100, n).workflow_id for n in range(2)]

    with durable.SetWorkflowID("w"):
        assert program() == ["w-1", "w-1"]
    assert history("w") == [(1, "durable.debounce"), (2, "durable.debounce")]
    assert status("w-1") == "DELAYED"


def test_set_id_names_the_workflow(engine_database, index):
    with durable.SetWorkflowID("mine"):
        handle = durable.Debouncer(index).debounce("key", 100, 1)
    assert handle.workflow_id == "mine"


def test_key_of_another_workflow_is_refused(engine_database, index):
    @durable.workflow
    def other():
        pass

    options = durable.SetEnqueueOptions(deduplication_id="tests.index-key")
    with durable.SetWorkflowID("holder"), options:
        durable.enqueue_workflow("mail", other)
    with pytest.raises(durable.QueueDeduplicated) as caught:
        durable.Debouncer(index, queue="mail").debounce("key", 100)
    assert caught.value.workflow_id == "holder"


def test_wrong_values(engine_database, index):
    with pytest.raises(ValueError, match="period_seconds must be above 0"):
        durable.Debouncer(index).debounce("key", 0)
    with pytest.raises(ValueError, match="the key of a debouncer"):
        durable.Debouncer(index).debounce("", 1)
    with pytest.raises(ValueError, match="debounce_timeout_sec must be above 0"):
        durable.Debouncer(index, debounce_timeout_sec=0)
    with pytest.raises(durable.UnregisteredWorkflow):
        durable.Debouncer(print)
    with (
        durable.SetEnqueueOptions(priority=1),
        pytest.raises(ValueError, match="decides itself about priority"),
    ):
        durable.Debouncer(index).debounce("key", 1)


async def test_twins(engine_database, worker, index, ran):
    debouncer = await durable.Debouncer.create_async(index)
    first = await debouncer.debounce_async("key", 0.3, 1)
    second = await debouncer.debounce_async("key", 0.3, 2)
    assert first.workflow_id == second.workflow_id
    assert tuple(await first.get_result()) == (2,)
