"""How long a statement may wait for its answer before its connection is broken."""

import threading

import pytest

from durable_engine.store import patience as module
from durable_engine.store.patience import Patience
from tests.engine.histories import happened
from tests.support.refusals import NO_THREAD


class Asked:
    """A session that notes when it is looked at, and fails so many times at that."""

    purpose = "read"

    def __init__(self, failures=0):
        self.failures = failures
        self.looked_at = threading.Event()

    @property
    def asked_at(self):
        if self.failures:
            self.failures -= 1
            raise OSError(self.failures)
        self.looked_at.set()


@pytest.fixture
def patience(monkeypatch):
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.001)
    patience = Patience(beat_seconds=9.0, other_seconds=1.0)
    yield patience
    patience.stop()


def test_thread_that_is_refused_fails_no_session_and_starts_with_a_later_one(
    patience, refusals, caplog
):
    refusals.expect("durable-patience")
    sessions = Asked(), Asked()
    patience.watch(sessions[0])
    assert caplog.messages == [f"nobody looks after statements that hang: {NO_THREAD}"]
    patience.watch(sessions[1])
    for session in sessions:
        happened(session.looked_at)


def test_error_at_one_look_leaves_the_next_ones(patience, caplog):
    session = Asked(failures=2)
    patience.watch(session)
    happened(session.looked_at)
    assert caplog.messages == ["could not look after a statement"] * 2


def test_slow_server_is_given_twice_the_time_until_it_is_calm():
    patience = Patience(beat_seconds=9.0, other_seconds=1.0)
    broken = []

    class Waiting:
        purpose, asked_at = "read", 100.0

        def break_off(self, asked_at):
            broken.append(asked_at)
            return True

    moments = (100.9, 101.0, 101.9, 102.0, 103.9, 104.0, 705.0)
    told = []
    for moment in moments:
        before = len(broken)
        patience._look(Waiting(), moment)
        told.append(len(broken) > before)
    assert told == [False, True, False, True, False, True, True]
    assert patience._factors == {"read": 2}
