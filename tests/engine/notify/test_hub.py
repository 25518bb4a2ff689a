"""Hints to other processes: few go out at once, many together."""

import queue

import pytest

from durable_engine.notify.base import RESULT, Hint, Transport
from durable_engine.notify.hub import Hub, spacing_seconds


class Wire(Transport):
    """Keeps what is sent."""

    def __init__(self):
        self.sent = queue.Queue()

    def listen(self, received, reconnected):
        del received, reconnected

    def send(self, payload):
        self.sent.put(Hint.decode(payload))

    def stop(self):
        pass


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def hub(wire):
    made = Hub(lambda: wire, lambda _: False)
    yield made
    made.stop()


@pytest.mark.parametrize(
    ("topics", "seconds"), [(0, 0), (1, 0.005), (4, 0.02), (10, 0.05), (5000, 0.05)]
)
def test_the_pause_fits_what_was_sent(topics, seconds):
    assert spacing_seconds(topics) == pytest.approx(seconds)


def test_what_is_published_at_once_is_one_hint(hub, wire):
    hub.publish([(RESULT, f"order-{number}") for number in range(100)])
    assert len(wire.sent.get(timeout=10).hashes) == 100


def test_what_comes_in_a_pause_goes_out_after_it(hub, wire):
    for number in range(3):
        hub.publish([(RESULT, f"order-{number}")])
        assert len(wire.sent.get(timeout=10).hashes) == 1


def test_what_is_pending_at_the_end_is_sent(hub, wire):
    hub.publish([(RESULT, "order-1")])
    wire.sent.get(timeout=10)
    hub.publish([(RESULT, "order-2")])
    hub.stop()
    assert len(wire.sent.get(timeout=10).hashes) == 1
