"""Many connections at once, on both databases: whoever wins, nothing happens twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from durable_engine.records import NewWorkflow, Verdict
from durable_engine.states import WorkflowState
from durable_engine.store import executors, workflows
from tests.faults.harness.stage import OLD, VERSION, outcome_of, step_of

CLAIMERS = 8
ROWS = 400
RACES = 60


@pytest.fixture
def crowd(stage):
    """Run a function on as many sessions as there are claimers, all at once."""
    sessions = [stage.session() for _ in range(CLAIMERS)]
    barrier = Barrier(CLAIMERS)

    def run(work):
        def begin(number, session):
            barrier.wait()
            return work(number, session)

        with ThreadPoolExecutor(CLAIMERS) as threads:
            return list(threads.map(begin, range(CLAIMERS), sessions))

    return run


def test_no_workflow_is_claimed_twice(stage, crowd):
    stage.queued(*(f"w{number}" for number in range(ROWS)))

    def claim(number, session):
        claimed = []
        while found := stage.claim(session, f"executor-{number}", 7):
            claimed += [row.id for row in found]
        return claimed

    claimed = Counter(one for some in crowd(claim) for one in some)
    assert len(claimed) == ROWS
    assert set(claimed.values()) == {1}


def test_no_workflow_is_taken_over_twice(stage, crowd):
    ids = [f"w{number}" for number in range(ROWS)]
    stage.register(OLD)
    stage.running(*ids)
    stage.bury(OLD)

    def take(number, session):
        del number
        taken = []
        while found := executors.take_over(session, 7):
            taken += found
        return taken

    taken = Counter(one for some in crowd(take) for one in some)
    assert taken == Counter(ids)
    assert {stage.row(one) for one in ids} == {("PENDING", 2, None)}


def test_one_of_many_starts_of_an_id_wins(stage, crowd):
    def start(number, session):
        row = NewWorkflow(
            id="a",
            name="shop.checkout",
            status=WorkflowState.PENDING,
            inputs="[]",
            app_version=VERSION,
            executor_id=f"executor-{number}",
            epoch=1,
            recovery_attempts=1,
        )
        executor_id = f"executor-{number}"
        return stage.write(session, row, executor_id=executor_id)[0].verdict

    assert Counter(crowd(start)) == {Verdict.ACCEPTED: 1, Verdict.EXISTS: CLAIMERS - 1}


@pytest.mark.parametrize("rival", ["cancel", "take over"])
def test_outcome_and_rival_never_both_win(stage, rival):
    ids = [f"w{number}" for number in range(RACES)]
    for one in ids:
        stage.register(f"owner of {one}")
        stage.running(one, owner=f"owner of {one}")
    barrier = Barrier(2)
    ending, rivalling = stage.session(), stage.session()

    def end(one):
        barrier.wait()
        rows = (step_of(one), outcome_of(one))
        answers = stage.write(ending, *rows, executor_id=f"owner of {one}")
        return {answer.verdict for answer in answers}

    def rival_of(one):
        if rival == "cancel":
            barrier.wait()
            return list(workflows.cancel(rivalling, [one])) == [one]
        stage.bury(f"owner of {one}")
        barrier.wait()
        return executors.take_over(rivalling, 10) == [one]

    for one in ids:
        race = stage.begin(partial(end, one))
        won = rival_of(one)
        verdicts = race.result()
        assert verdicts == {Verdict.ACCEPTED} or Verdict.ACCEPTED not in verdicts
        ended = verdicts == {Verdict.ACCEPTED}
        assert stage.row(one)[:2] == _after(rival, ended=ended, won=won)


def _after(rival, *, ended, won):
    """Return the status and epoch that must be there after one race."""
    assert ended != won
    if ended:
        return ("SUCCESS", 1)
    return ("CANCELLED" if rival == "cancel" else "PENDING", 2)
