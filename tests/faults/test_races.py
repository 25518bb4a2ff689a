"""Races on PostgreSQL, each played in both orders by two real connections.

The two orders are all there is: the row lock of the workflow decides who is first.
"""

from unittest.mock import patch

import psycopg
import pytest
from django.db import DatabaseError, transaction

from durable_engine.records import Verdict
from durable_engine.runtime.registry import INTERNAL_QUEUE
from durable_engine.store import executors, steps, workflows
from durable_engine.store.dialects import postgresql
from durable_engine.store.dialects.postgresql import PostgreSQL
from durable_engine.store.session import Session
from durable_engine.store.statements import Statement
from tests.faults.harness.stage import ALIVE, NEW, OLD, VERSION, outcome_of, step_of
from tests.support.databases import on_postgresql

pytestmark = on_postgresql

OWNED_BY_OLD = ("PENDING", 1, OLD)
TAKEN = ("PENDING", 2, None)


def take_over(session: Session) -> list[str]:
    return executors.take_over(session, 100)


def cancel(session: Session) -> list[str]:
    return list(workflows.cancel(session, ["a"]))


def resume(session: Session) -> list[str]:
    return workflows.resume(
        session, ["a"], queue_name=INTERNAL_QUEUE, app_version=VERSION
    )


@pytest.fixture
def orphan(stage):
    """Workflow `a`, owned by a process whose lease has ended."""
    stage.register(OLD)
    stage.running("a")
    stage.bury(OLD)


@pytest.fixture
def owned(stage):
    """Workflow `a`, owned by a process that lives."""
    stage.register(OLD)
    stage.running("a")


class TestStepAndTakeOver:
    def test_step_after_take_over_is_fenced(self, stage, orphan):
        answers = stage.after_blocking(
            take_over, lambda session: stage.write(session, step_of("a"))
        )
        assert [answer.verdict for answer in answers] == [Verdict.FENCED]
        assert stage.count("step") == 0
        assert stage.row("a") == TAKEN

    def test_take_over_passes_by_a_row_that_is_being_written(self, stage, orphan):
        with stage.unfinished(lambda session: stage.write(session, step_of("a"))):
            assert take_over(stage.here) == []
        assert take_over(stage.here) == ["a"]
        assert stage.count("step") == 1


class TestOutcomeAndTakeOver:
    def test_outcome_after_take_over_is_fenced(self, stage, orphan):
        answers = stage.after_blocking(
            take_over, lambda session: stage.write(session, outcome_of("a"))
        )
        assert [answer.verdict for answer in answers] == [Verdict.FENCED]
        assert stage.row("a") == TAKEN

    def test_step_and_outcome_after_take_over_are_both_fenced(self, stage, orphan):
        answers = stage.after_blocking(
            take_over,
            lambda session: stage.write(session, step_of("a"), outcome_of("a")),
        )
        assert [answer.verdict for answer in answers] == [Verdict.FENCED] * 2
        assert stage.count("step") == 0

    def test_ended_workflow_is_not_taken(self, stage, orphan):
        with stage.unfinished(lambda session: stage.write(session, outcome_of("a"))):
            assert take_over(stage.here) == []
        assert take_over(stage.here) == []
        assert stage.row("a") == ("SUCCESS", 1, OLD)


class TestOutcomeAndCancel:
    def test_outcome_after_cancel_is_refused(self, stage, owned):
        answers = stage.after_blocking(
            cancel, lambda session: stage.write(session, outcome_of("a"))
        )
        assert [answer.verdict for answer in answers] == [Verdict.CANCELLED]
        assert stage.row("a") == ("CANCELLED", 2, None)

    def test_cancel_after_outcome_changes_nothing(self, stage, owned):
        changed = stage.after_blocking(
            lambda session: stage.write(session, outcome_of("a")), cancel
        )
        assert changed == []
        assert stage.row("a") == ("SUCCESS", 1, OLD)

    def test_step_after_cancel_is_refused(self, stage, owned):
        answers = stage.after_blocking(
            cancel, lambda session: stage.write(session, step_of("a"))
        )
        assert [answer.verdict for answer in answers] == [Verdict.CANCELLED]
        assert stage.count("step") == 0


class TestResume:
    def test_running_workflow_is_left_alone(self, stage, owned):
        assert resume(stage.here) == []
        assert stage.row("a") == OWNED_BY_OLD

    def test_old_execution_is_fenced_after_cancel_and_resume(self, stage, owned):
        cancel(stage.here)
        resume(stage.here)
        [claimed] = _claim_internal(stage, NEW)
        assert claimed.epoch == 4
        [answer] = stage.write(stage.here, step_of("a"))
        assert answer.verdict is Verdict.FENCED
        [answer] = stage.write(stage.here, step_of("a", epoch=4), executor_id=NEW)
        assert answer.verdict is Verdict.ACCEPTED

    def test_claim_after_resume_gets_the_workflow_once(self, stage, owned):
        cancel(stage.here)
        with stage.unfinished(resume):
            assert _claim_internal(stage, NEW) == []
        assert [row.id for row in _claim_internal(stage, NEW)] == ["a"]
        assert _claim_internal(stage, ALIVE) == []

    def test_second_resume_leaves_what_a_live_worker_claimed(self, stage, owned):
        stage.register(NEW)
        cancel(stage.here)
        resume(stage.here)
        changed = stage.after_blocking(
            lambda session: _claim_internal(stage, NEW, session), resume
        )
        assert changed == []
        assert stage.row("a") == ("PENDING", 4, NEW)


def _claim_internal(stage, executor_id, session=None):
    return workflows.claim(
        session or stage.here,
        executor_id=executor_id,
        app_version=VERSION,
        names=["shop.checkout"],
        queues=[INTERNAL_QUEUE],
        limit=10,
    )


class TestBeat:
    def test_beat_after_the_end_of_the_lease_is_refused(self, stage, owned):
        beat = stage.after_blocking(
            lambda session: executors.expire(session, [OLD]),
            stage.beat,
        )
        assert beat is None

    def test_beat_in_time_saves_the_workflow_from_a_sweep(self, stage, owned):
        stage.beat(stage.here)
        assert take_over(stage.here) == []


class TestFrozenProcess:
    """A process stopped between its checkpoint and its commit holds the row's lock."""

    def test_cancel_gets_through_a_frozen_flush(self, stage, owned, monkeypatch):
        settings = postgresql._SESSION_SETTINGS
        limit = f"= {postgresql._IDLE_IN_TRANSACTION_MS}"
        assert settings.count(limit) == 1
        hasty = settings.replace(limit, "= 300")
        monkeypatch.setattr(postgresql, "_SESSION_SETTINGS", hasty)
        frozen = stage.session()
        frozen.raw.execute("BEGIN")
        stage.write(frozen, step_of("a"))
        assert cancel(stage.here) == ["a"]
        with pytest.raises(psycopg.Error):
            frozen.raw.execute("COMMIT")
        assert stage.count("step") == 0

    def test_cancel_gets_through_a_frozen_transaction(self, stage, owned):
        user = transaction.atomic()
        user.__enter__()
        with changed("step_commit", "'5s'", "'300ms'"):
            assert steps.record_last(stage.store.borrow(), step_of("a"), OLD)
        assert cancel(stage.here) == ["a"]
        with pytest.raises(DatabaseError):
            user.__exit__(None, None, None)
        assert stage.count("step") == 0

    def test_limit_ends_with_its_transaction(self, stage, owned):
        with transaction.atomic():
            steps.record_last(stage.store.borrow(), step_of("a"), OLD)
        user = stage.store.borrow()
        found = user.raw.execute("SHOW idle_in_transaction_session_timeout").fetchone()
        assert found == ("0",)


class TestMutants:
    """The same races, lost: without the fence, and without the compare-and-set."""

    def test_step_without_fence_lands_after_take_over(self, stage, orphan):
        with without(
            "step_insert", "AND epoch = :epoch", "AND executor_id = :executor_id"
        ):
            answers = stage.after_blocking(
                take_over, lambda session: stage.write(session, step_of("a"))
            )
        assert [answer.verdict for answer in answers] == [Verdict.ACCEPTED]
        assert stage.count("step") == 1

    def test_outcome_without_compare_and_set_ends_a_cancelled_workflow(
        self, stage, owned
    ):
        with without(
            "outcomes_update",
            "AND w.epoch = i.epoch",
            "AND w.executor_id = :executor_id",
            "AND w.status || '' = 'PENDING'",
        ):
            stage.after_blocking(
                cancel, lambda session: stage.write(session, outcome_of("a"))
            )
        assert stage.row("a") == ("SUCCESS", 2, None)


def without(name, *conditions):
    """Take conditions out of a statement, for sessions that are open already too."""
    return changed(name, *(part for text in conditions for part in (text, "")))


def changed(name, *replacements):
    """Change a statement: what is replaced, by what, and so on."""
    statements = PostgreSQL().statements
    [text] = statements[name].parts
    for old, new in zip(replacements[::2], replacements[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    return patch.dict(statements, {name: Statement(name, (text,))})
