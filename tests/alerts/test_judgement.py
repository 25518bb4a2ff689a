"""Whom to tell of what: once an occurrence, and not again before it has cooled down."""

from durable_engine.clock import from_epoch
from durable_engine.records.alerts import Alert, AlertKind, AlertRow, Trouble
from durable_engine.worker.judgement import judge

STUCK = Trouble(kind=AlertKind.QUEUE_STUCK, subject="mail", message="stuck", since=5.0)
DEAD = Trouble(
    kind=AlertKind.EXECUTOR_DEAD, subject="e", message="dead", after_seconds=60
)


def failed(count: int, *ids: str) -> Trouble:
    return Trouble(
        kind=AlertKind.WORKFLOW_FAILED,
        subject="shop.pay",
        message="",
        since=7.0,
        count=count,
        workflow_ids=ids,
    )


class Memory:
    """Judges look after look, as a watch does."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], AlertRow] = {}

    def look(self, now: float, *troubles: Trouble, failures=()) -> list[Alert]:
        judgement = judge(
            troubles, failures, self.rows.values(), now=now, cool_down_seconds=100
        )
        for row in judgement.rows:
            self.rows[row.kind, row.subject] = row
        return judgement.alerts


def test_an_occurrence_is_told_once():
    memory = Memory()
    assert memory.look(10, STUCK) == [
        Alert(
            kind=AlertKind.QUEUE_STUCK,
            subject="mail",
            message="stuck",
            since=from_epoch(5),
        )
    ]
    assert memory.look(20, STUCK) == []
    assert memory.look(5000, STUCK) == []


def test_what_comes_and_goes_is_told_again_after_its_cool_down():
    memory = Memory()
    assert len(memory.look(10, STUCK)) == 1
    assert memory.look(20) == []
    assert memory.look(30, STUCK) == []
    assert len(memory.look(110, STUCK)) == 1
    memory.look(300)
    assert len(memory.look(310, STUCK)) == 1


def test_what_ends_in_time_is_not_told():
    memory = Memory()
    assert memory.look(0, DEAD) == []
    assert memory.look(59, DEAD) == []
    assert memory.look(60) == []
    assert memory.look(70, DEAD) == []
    (alert,) = memory.look(130, DEAD)
    assert (alert.message, alert.since) == ("dead", from_epoch(70))


def test_failures_are_told_by_name_and_counted_while_it_cools_down():
    memory = Memory()
    (first,) = memory.look(10, failures=[failed(1, "a")])
    assert first == Alert(
        kind=AlertKind.WORKFLOW_FAILED,
        subject="shop.pay",
        message="the workflow 'shop.pay' failed once",
        since=from_epoch(7),
        workflow_ids=("a",),
    )
    assert memory.look(20, failures=[failed(2, "b", "c")]) == []
    assert memory.look(30, failures=[failed(1, "d")]) == []
    (later,) = memory.look(110)
    assert later.message == "the workflow 'shop.pay' failed 3 times"
    assert (later.count, later.since) == (3, from_epoch(10))
    assert memory.look(500) == []


def test_subjects_do_not_silence_each_other():
    memory = Memory()
    other = Trouble(kind=AlertKind.QUEUE_STUCK, subject="b", message="b", since=1.0)
    assert len(memory.look(10, STUCK)) == 1
    assert [alert.subject for alert in memory.look(20, STUCK, other)] == ["b"]
