"""An interrupt while a thread of the engine starts, as Ctrl-C sends it."""

import pytest

from durable_engine.runtime.engine import engine, reset
from tests.engine.greeting import greet

_NAMES = ("durable-notify", "durable-listen", "durable-journal", "durable-heartbeat")


def _use():
    engine().hub.start("an executor")
    engine().journal._start_flusher()
    assert greet("hello") == "HELLO"
    engine().publish(("result", "greeting"))


@pytest.mark.usefixtures("engine_database")
@pytest.mark.parametrize("name", _NAMES)
def test_the_engine_ends_and_another_begins(refusals, name):
    refusals.expect(name, error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        _use()
    assert not refusals.left[name]
    reset()
    _use()
