"""Signals that reach the supervisor of several workers while it starts them."""

import signal
import subprocess
import sys

import pytest

from durable_engine.management.worker import supervisor
from durable_engine.management.worker.supervisor import Supervisor

LISTENS = """
import signal, sys
heard = []
def hear(number, _):
    heard.append(number)
    signal.setitimer(signal.ITIMER_REAL, 0.2)  # for a second one, if there is one
signal.signal(signal.SIGTERM, hear)
signal.signal(signal.SIGALRM, lambda *_: sys.exit(40 + len(heard)))
signal.setitimer(signal.ITIMER_REAL, 20)  # for the first one
print("ready", flush=True)
while True:
    signal.pause()
"""
CHILDREN = 3


@pytest.fixture
def own_handlers():
    """The test may signal itself: what it sets is taken back."""
    numbers = signal.SIGTERM, signal.SIGINT
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("during", [0, 1, 2])
def test_child_that_was_being_started_is_told_once_like_the_others(
    own_handlers, monkeypatch, during
):
    started: list[subprocess.Popen[bytes]] = []

    class Child(subprocess.Popen):  # type: ignore[type-arg]
        """The signal comes after it was started, and before anybody knows it."""

        def __init__(self, *_: object, **__: object) -> None:
            super().__init__([sys.executable, "-c", LISTENS], stdout=subprocess.PIPE)
            assert self.stdout is not None
            assert self.stdout.readline() == b"ready\n"
            self.stdout.close()
            started.append(self)
            if len(started) == during + 1:
                signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(supervisor.subprocess, "Popen", Child)
    assert Supervisor(CHILDREN).run() == 41
    assert [child.returncode for child in started] == [41] * CHILDREN
