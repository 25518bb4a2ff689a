"""Signals: who is told what, when, and what a receiver can do no harm to."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.dispatch import Signal

import durable_engine as durable
from durable_engine import signals
from durable_engine.models import Workflow
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.journal import Journal
from tests.engine.histories import status
from tests.support.shop.models import Note

Listen = Callable[..., list[dict]]


@durable.step
def double(number):
    return 2 * number


@durable.transaction()
def note(text):
    Note.objects.create(text=text)


@durable.step(retries_allowed=True, max_attempts=2, interval_seconds=0.001)
def fail():
    raise ValueError("no")


@durable.workflow
def program(number):
    note("begun")
    return double(number)


@durable.workflow
def failing():
    fail()


@durable.workflow
async def coroutine():
    return await doubled(4)


@durable.step
async def doubled(number):
    return 2 * number


@pytest.fixture
def listen() -> Iterator[Listen]:
    """A function that connects a receiver and returns the list it writes to."""
    connected: list[tuple[Signal, object]] = []

    def connect(signal: Signal, receiver=None) -> list[dict]:
        heard: list[dict] = []

        def hear(**said):
            assert said.pop("signal") is signal
            assert said.pop("sender") is Engine
            heard.append(said)

        chosen = receiver or hear
        signal.connect(chosen)
        connected.append((signal, chosen))
        return heard

    yield connect
    for signal, receiver in connected:
        signal.disconnect(receiver)


def test_direct_call_has_told_everything_when_it_returns(engine_database, listen):
    started = listen(signals.workflow_started)
    steps = listen(signals.step_finished)
    finished = listen(signals.workflow_finished)
    failed = listen(signals.workflow_failed)
    with durable.SetWorkflowID("w-1"):
        assert program(21) == 42
    about = {"workflow_id": "w-1", "name": f"{__name__}.program"}
    assert started == [about]
    assert steps == [
        {
            "workflow_id": "w-1",
            "position": position,
            "name": f"{__name__}.{name}",
            "status": "SUCCESS",
            "error": None,
            "attempts": 1,
        }
        for position, name in ((1, "note"), (2, "double"))
    ]
    assert finished == [{**about, "status": "SUCCESS"}]
    assert failed == []


def test_failure_is_told_with_its_error(engine_database, listen):
    steps = listen(signals.step_finished)
    finished = listen(signals.workflow_finished)
    failed = listen(signals.workflow_failed)
    with durable.SetWorkflowID("w-1"), pytest.raises(durable.MaxStepRetriesExceeded):
        failing()
    (step,) = steps
    assert (step["status"], step["attempts"]) == ("ERROR", 2)
    assert isinstance(step["error"], durable.MaxStepRetriesExceeded)
    assert [said["status"] for said in finished] == ["ERROR"]
    assert [(said["workflow_id"], type(said["error"])) for said in failed] == [
        ("w-1", durable.MaxStepRetriesExceeded)
    ]


def test_worker_tells_of_what_it_ran(worker, listen):
    done = threading.Event()
    listen(signals.workflow_failed, lambda **said: done.set())
    failed = listen(signals.workflow_failed)
    handle = durable.start_workflow(failing)
    with pytest.raises(durable.MaxStepRetriesExceeded):
        handle.get_result()
    assert done.wait(10)
    durable.destroy()  # sends what is left
    assert [(said["workflow_id"], str(said["error"])[:40]) for said in failed] == [
        (handle.workflow_id, f"Step '{__name__}.fail' failed at"[:40])
    ]


def test_replay_tells_of_no_step_again(engine_database, listen):
    steps = listen(signals.step_finished)
    program(1)
    (done,) = durable.list_workflows()
    fork = durable.fork_workflow(done.workflow_id, 2)
    durable.launch(threads=2)
    assert fork.get_result() == 2
    durable.destroy()
    told = [(said["workflow_id"], said["position"]) for said in steps]
    assert told == [(done.workflow_id, 1), (done.workflow_id, 2), (fork.workflow_id, 2)]


async def test_coroutine_workflow_awaits_its_receivers(engine_database, listen):
    heard = []

    async def hear(**said):
        heard.append(("async", said["name"].rpartition(".")[2]))

    def query(**said):
        heard.append(("sync", Note.objects.count()))

    listen(signals.step_finished, hear)
    listen(signals.workflow_finished, query)
    assert await coroutine() == 8
    assert heard == [("async", "doubled"), ("sync", 0)]


def test_receiver_that_raises_is_logged_and_harms_nobody(
    engine_database, listen, caplog
):
    def break_down(**said):
        raise RuntimeError("a broken receiver")

    for signal in (signals.workflow_started, signals.step_finished):
        listen(signal, break_down)
    listen(signals.workflow_finished, break_down)
    finished = listen(signals.workflow_finished)
    assert program(1) == 2
    assert len(finished) == 1
    broken = [record for record in caplog.records if record.exc_info]
    assert [str(record.exc_info[1]) for record in broken] == ["a broken receiver"] * 4


def test_receiver_takes_no_position_of_the_workflow(engine_database, listen):
    started = []

    def start(**said):
        if not started:
            started.append(durable.start_workflow(program, 1).workflow_id)

    listen(signals.step_finished, start)
    with durable.SetWorkflowID("w-1"):
        program(1)
    assert [
        step.name.rpartition(".")[2] for step in durable.list_workflow_steps("w-1")
    ] == [
        "note",
        "double",
    ]
    assert status(started[0]) == "ENQUEUED"


def test_slow_receiver_holds_up_no_other_workflow(worker, listen):
    release = threading.Event()
    reached = threading.Event()

    def wait(**said):
        reached.set()
        assert release.wait(20)

    listen(signals.workflow_finished, wait)
    try:
        first = durable.start_workflow(program, 1)
        assert reached.wait(10)
        assert [durable.start_workflow(program, n).get_result() for n in range(5)]
        assert first.get_result() == 2
    finally:
        release.set()


def ends(heard: list[dict]) -> list[tuple[str, str]]:
    """Return ids and statuses, sorted."""
    return sorted((said["workflow_id"], said["status"]) for said in heard)


def enqueued(*ids: str) -> None:
    for workflow_id in ids:
        with durable.SetWorkflowID(workflow_id):
            durable.start_workflow(program, 1)


def test_cancel_is_told_once_by_who_cancels(engine_database, listen):
    finished = listen(signals.workflow_finished)
    failed = listen(signals.workflow_failed)
    enqueued("a", "b", "c")
    durable.cancel_workflow("a")
    about = {"workflow_id": "a", "name": f"{__name__}.program", "status": "CANCELLED"}
    assert finished == [about]
    durable.cancel_workflow("a")
    durable.cancel_workflows(["a", "b", "c"])
    assert ends(finished) == [(one, "CANCELLED") for one in "abc"]
    assert failed == []


def test_cancelled_children_are_told_too(engine_database, listen):
    @durable.workflow
    def parent():
        return durable.start_workflow(program, 1).workflow_id

    with durable.SetWorkflowID("w-1"):
        child = parent()
    finished = listen(signals.workflow_finished)
    durable.cancel_workflow("w-1", cancel_children=True)
    assert ends(finished) == [(child, "CANCELLED")]


def test_cancel_in_a_transaction_is_told_with_its_commit(engine_database, listen):
    finished = listen(signals.workflow_finished)
    enqueued("a", "b")
    with transaction.atomic():
        durable.cancel_workflow("a")
        assert finished == []
    with transaction.atomic():
        durable.cancel_workflow("b")
        transaction.set_rollback(True)
    assert ends(finished) == [("a", "CANCELLED")]


async def test_twin_of_cancel_awaits_its_receivers(engine_database, listen):
    heard = []

    async def hear(**said):
        heard.append(said["workflow_id"])

    listen(signals.workflow_finished, hear)
    with durable.SetWorkflowID("a"):
        await durable.start_workflow_async(program, 1)
    await durable.cancel_workflow_async("a")
    assert heard == ["a"]


def test_cancelled_while_it_runs_is_told_once(worker, listen):
    @durable.workflow
    def waits():
        durable.recv(timeout_seconds=60)

    @durable.workflow
    def cancels(workflow_id):
        durable.cancel_workflow(workflow_id)
        return durable.get_workflow_status(workflow_id).status

    finished = listen(signals.workflow_finished)
    one = durable.start_workflow(waits)
    other = durable.start_workflow(cancels, one.workflow_id)
    assert other.get_result() == "CANCELLED"
    durable.destroy()
    assert ends(finished) == sorted(
        [(one.workflow_id, "CANCELLED"), (other.workflow_id, "SUCCESS")]
    )


def test_replay_that_cancels_nothing_again_tells_nothing(engine_database, listen):
    @durable.workflow
    def cancels():
        durable.cancel_workflow("a")
        return double(1)

    enqueued("a")
    with durable.SetWorkflowID("w-1"):
        cancels()
    durable.cancel_workflow("a")
    finished = listen(signals.workflow_finished)
    fork = durable.fork_workflow("w-1", 2)
    durable.launch(threads=2)
    assert fork.get_result() == 2
    durable.destroy()
    assert ends(finished) == [(fork.workflow_id, "SUCCESS")]


def test_end_by_deadline_is_told_by_the_worker_that_finds_it(engine_database, listen):
    with durable.SetWorkflowID("late"):
        durable.enqueue_workflow("nobody.serves", program, 1)
    past = datetime.now(UTC) - timedelta(minutes=1)
    Workflow.objects.filter(pk="late").update(deadline=past)
    told = threading.Event()
    finished = listen(signals.workflow_finished)
    listen(signals.workflow_finished, lambda **said: told.set())
    durable.launch(threads=2)
    assert told.wait(15)
    durable.destroy()
    assert ends(finished) == [("late", "CANCELLED")]


def test_dead_letter_is_told_by_the_worker_that_gives_up(engine_database, listen):
    enqueued("poison")
    Workflow.objects.filter(pk="poison").update(recovery_attempts=101)
    told = threading.Event()
    finished, failed = (
        listen(signals.workflow_finished),
        listen(signals.workflow_failed),
    )
    listen(signals.workflow_failed, lambda **said: told.set())
    durable.launch(threads=2)
    assert told.wait(15)
    durable.destroy()
    assert ends(finished) == [("poison", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")]
    (said,) = failed
    error = said["error"]
    assert isinstance(error, durable.AwaitedWorkflowMaxRecoveryAttemptsExceeded)


def test_dead_letter_that_was_cancelled_meanwhile_is_not_told(
    engine_database, listen, monkeypatch
):
    enqueued("poison")
    Workflow.objects.filter(pk="poison").update(recovery_attempts=101)
    append, answered = Journal.append, threading.Event()

    def cancelled_before(journal, row, callback=None):
        if getattr(row, "status", "") == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
            durable.cancel_workflow("poison")
            told = callback
            callback = lambda entry: (told(entry), answered.set())  # noqa: E731
        return append(journal, row, callback)

    monkeypatch.setattr(Journal, "append", cancelled_before)
    finished, failed = (
        listen(signals.workflow_finished),
        listen(signals.workflow_failed),
    )
    durable.launch(threads=2)
    assert answered.wait(15)
    durable.destroy()
    assert status("poison") == "CANCELLED"
    assert (ends(finished), failed) == ([("poison", "CANCELLED")], [])


def test_recovery_is_told(engine_database, listen):
    now = datetime.now(UTC)
    Workflow.objects.create(
        id="orphan",
        name="nobody.knows",
        status="PENDING",
        inputs="{}",
        executor_id="gone",
        epoch=1,
        created_at=now,
        updated_at=now,
    )
    told = threading.Event()
    recovered = listen(signals.workflow_recovered)
    listen(signals.workflow_recovered, lambda **said: told.set())
    durable.launch()
    assert told.wait(15)
    durable.destroy()
    assert recovered == [{"workflow_ids": ["orphan"]}]


def test_tick_is_told(engine_database, listen):
    told = threading.Event()
    ticks = listen(signals.schedule_ticked)
    listen(signals.schedule_ticked, lambda **said: told.set())
    durable.create_schedule(
        schedule_name="often", workflow_fn=ticked, schedule="* * * * * *"
    )
    durable.launch()
    assert told.wait(15)
    durable.destroy()
    first = ticks[0]
    assert first["schedule_name"] == "often"
    assert first["workflow_id"] == f"sched-often-{first['scheduled_at'].isoformat()}"


@durable.workflow
def ticked(scheduled_at, context):
    return None


def test_nothing_is_built_where_nobody_listens(engine_database, monkeypatch):
    def refuse(*_):
        raise AssertionError("an announcement was made")

    monkeypatch.setattr("durable_engine.runtime.announcing.Announcement", refuse)
    assert program(1) == 2
