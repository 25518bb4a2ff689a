"""Hints to other processes: few go out at once, many together."""

import queue
import threading

import pytest

from durable_engine.notify.base import CONTROL, RESULT, Hint, Transport, encode_hint
from durable_engine.notify.hub import Hub, spacing_seconds


class Wire(Transport):
    """Keeps what is sent."""

    def __init__(self):
        self.sent = queue.Queue()
        self.listening = threading.Event()

    def listen(self, received, reconnected, lost):
        self.received, self.reconnected, self.lost = received, reconnected, lost
        self.listening.set()

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


def test_a_watcher_that_raises_keeps_no_hint_from_going_out(hub, wire, caplog):
    seen = queue.Queue()

    def fail():
        raise RuntimeError

    hub.watch(fail)
    hub.watch(lambda: seen.put("told"))
    for number in range(2):
        hub.publish([(RESULT, f"order-{number}")])
        assert len(wire.sent.get(timeout=10).hashes) == 1
        assert seen.get(timeout=10) == "told"
    said = [record.getMessage() for record in caplog.records]
    assert said == ["what watches for changes failed"] * 2


def test_a_hint_that_cannot_be_followed_keeps_no_other_from_coming(hub, wire, caplog):
    hub.start("an executor")
    assert wire.listening.wait(10)

    def fail(_):
        raise RuntimeError

    hub.controlled = fail
    wire.received(encode_hint("another", [(CONTROL, "order-1")]))
    assert [record.getMessage() for record in caplog.records] == [
        "a hint could not be followed"
    ]
    with hub.subscribe((RESULT, "order-1")) as waiter:
        wire.received(encode_hint("another", [(RESULT, "order-1")]))
        assert waiter.woken


def test_waiters_look_more_often_while_hints_are_lost(hub, wire):
    hub.start("an executor")
    assert wire.listening.wait(10)
    assert not hub.connected
    wire.reconnected()
    assert hub.connected
    wire.lost()
    assert not hub.connected


@pytest.mark.parametrize("name", ["durable-listen", "durable-notify"])
def test_a_thread_that_cannot_start_is_tried_again(hub, wire, refusals, name):
    refusals.expect(name)
    for _ in range(2):
        hub.start("an executor")
        hub.publish([(RESULT, "order-1")])
    assert wire.listening.wait(10)
    assert len(wire.sent.get(timeout=10).hashes) == 1
    assert not refusals.left[name]
