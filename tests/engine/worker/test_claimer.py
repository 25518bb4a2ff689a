"""How often the claimer looks for a kind of workflow of which none waits."""

from types import SimpleNamespace

import pytest

import durable_engine as durable
from durable_engine import clock
from durable_engine.runtime.engine import engine
from durable_engine.worker import claimer as claimers


@durable.workflow()
def in_thread() -> None:
    pass


@durable.workflow()
async def in_coroutine() -> None:
    pass


class Places:
    """A runner with places, all of them free."""

    limit = 10

    def room(self):
        return self.limit

    def reserve(self, most):
        return most

    def give_back(self, places):
        assert 0 <= places <= self.limit

    def launch(self, runs):
        assert list(runs) == []


@pytest.fixture
def looks(engine_database, monkeypatch):
    """Names of the kinds looked for; a look in vain lasts a second."""
    seen = []

    def claim(session, *, names, limit, **_):
        del session
        if in_thread.__durable__.name in names:
            seen.append("threads")
            return [SimpleNamespace(queue_name=None)] * limit
        seen.append("coroutines")
        clock.shift(1.0)
        return []

    monkeypatch.setattr(claimers.workflows, "claim", claim)
    monkeypatch.setattr(claimers.Claimer, "_dispatch", lambda *_: None)
    yield seen
    clock.unshift()


def test_looks_in_vain_take_a_twentieth_of_the_time_at_most(looks):
    runners = {False: Places(), True: Places()}
    claimer = claimers.Claimer(engine(), SimpleNamespace(), None, runners)
    claimer._round()
    assert looks == ["threads", "coroutines"]
    claimer._round()
    clock.shift(19.0)
    claimer._round()
    assert looks[2:] == ["threads", "threads"]
    clock.shift(1.1)
    claimer._round()
    assert looks[4:] == ["threads", "coroutines"]
    claimer.join()
