"""The replay check finds what diverges, and does nothing else."""

from collections.abc import Iterator

import pytest

import durable_engine as durable
from durable_engine.models import Workflow
from durable_engine.replaying import check_in_flight, check_workflow
from durable_engine.replaying.histories import _BATCH_WORKFLOWS
from durable_engine.runtime.registry import registry
from durable_engine.signals import step_finished, workflow_started
from durable_engine.testing import DurableKit
from tests.replaying.changing import changing, code, gathering, ran


@pytest.fixture
def recorded(durable_kit: DurableKit) -> Iterator[DurableKit]:
    """One history of each kind, in flight: `sync` and `coroutine`."""
    ran.clear()
    code["is"] = "as recorded"
    with durable.SetWorkflowID("sync"):
        durable.start_workflow(changing, 1)
    with durable.SetWorkflowID("coroutine"):
        durable.start_workflow(gathering)
    durable_kit.drain()
    durable_kit.durable_time.advance(seconds=6)
    durable_kit.drain()
    ran.clear()
    yield durable_kit
    code["is"] = "as recorded"


SWAPPED = """\
sync (changing.sync) diverges: the code calls something else
  position 1  recorded: one
              called:   two"""
EARLY = """\
sync (changing.sync) diverges: the workflow returned before all that is recorded was \
called
  position 4  recorded: fail
              called:   nothing"""
RAISES = """\
sync (changing.sync) diverges: the workflow raised KeyError: 'new' before all that is \
recorded was called
  position 1  recorded: one
              called:   nothing"""
OTHER_WAIT = """\
sync (changing.sync) diverges: the code calls something else
  position 7  recorded: durable.recv
              called:   durable.get_event"""
PATCHED = """\
sync (changing.sync): 7 of 7 steps replayed"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("as recorded", PATCHED),
        ("adds", PATCHED),
        ("patched", PATCHED),
        ("swapped", SWAPPED),
        ("returns early", EARLY),
        ("raises", RAISES),
        ("another wait", OTHER_WAIT),
    ],
    ids=lambda value: value if "\n" not in value and ":" not in value else "",
)
def test_what_diverges_is_shown_side_by_side(
    recorded: DurableKit, change: str, said: str
) -> None:
    code["is"] = change
    report = check_workflow("sync")
    assert str(report) == said
    assert report.diverges is ("diverges" in said)
    assert ran == []


SIBLING = """\
coroutine (changing.coroutine) diverges: the code calls something else
  position 3  recorded: b2
              called:   bX"""
COROUTINE_EARLY = """\
coroutine (changing.coroutine) diverges: the code calls something else
  position 1  recorded: durable.recv
              called:   b1"""
COROUTINE_FITS = "coroutine (changing.coroutine): 3 of 3 steps replayed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("as recorded", COROUTINE_FITS),
        ("adds", COROUTINE_FITS),
        ("another sibling", SIBLING),
        ("returns early", COROUTINE_EARLY),
    ],
    ids=lambda value: value if "\n" not in value and ":" not in value else "",
)
def test_every_task_of_a_coroutine_is_followed(
    recorded: DurableKit, change: str, said: str
) -> None:
    code["is"] = change
    assert str(check_workflow("coroutine")) == said
    assert ran == []


async def test_it_works_in_an_asynchronous_test(recorded: DurableKit) -> None:
    recorded.assert_replays("sync")
    code["is"] = "another sibling"
    with pytest.raises(AssertionError) as failure:
        recorded.assert_replays("coroutine")
    assert str(failure.value) == SIBLING


def test_nothing_is_written_sent_or_woken(recorded: DurableKit) -> None:
    signals: list[object] = []
    workflow_started.connect(lambda **said: signals.append(said), weak=False)
    step_finished.connect(lambda **said: signals.append(said), weak=False)
    before = list(Workflow.objects.order_by("pk").values())
    try:
        for change in ("as recorded", "adds", "swapped", "raises"):
            code["is"] = change
            list(check_in_flight())
    finally:
        workflow_started.receivers.clear()
        step_finished.receivers.clear()
    assert list(Workflow.objects.order_by("pk").values()) == before
    assert signals == ran == []
    code["is"] = "as recorded"
    recorded.drain()
    durable.send("sync", "go on")
    recorded.drain()
    recorded.assert_workflow("sync", status="SUCCESS", output=2)


def test_finished_workflows_are_replayed_too(recorded: DurableKit) -> None:
    assert check_workflow("sync-5").replayed == 1
    code["is"] = "as recorded"
    durable.send("sync", "go on")
    recorded.drain()
    assert str(check_workflow("sync")) == "sync (changing.sync): 8 of 8 steps replayed"


def test_what_cannot_even_begin_diverges(
    recorded: DurableKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    Workflow.objects.filter(pk="coroutine").update(inputs='{"args":[1],"kwargs":{}}')
    assert str(check_workflow("coroutine")) == (
        "coroutine (changing.coroutine) diverges: the recorded inputs do not fit: "
        "TypeError: too many positional arguments"
    )
    monkeypatch.delitem(registry._workflows, "changing.sync")
    report = check_workflow("sync")
    assert str(report) == (
        "sync (changing.sync) diverges: no workflow is registered as 'changing.sync'"
    )
    assert (report.recorded, report.replayed) == (7, 0)
    with pytest.raises(durable.NonExistentWorkflow):
        check_workflow("none")


def test_all_in_flight_in_batches(recorded: DurableKit) -> None:
    calls = [
        durable.Call(gathering, workflow_id=f"many-{number:04}")
        for number in range(_BATCH_WORKFLOWS + 1)
    ]
    durable.Queue("changing.many").enqueue_many(calls)
    durable.cancel_workflow("many-0000")
    ids = [report.workflow_id for report in check_in_flight()]
    assert ids == ["coroutine", *(call.workflow_id for call in calls[1:]), "sync"]
