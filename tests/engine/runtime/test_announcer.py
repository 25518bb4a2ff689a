"""What is announced beside the journal: in order, and bounded."""

import logging
import threading

import pytest

from durable_engine.runtime.announcer import Announcer


@pytest.fixture
def announcer():
    made = Announcer(most_waiting=4)
    yield made
    made.stop()


def test_what_comes_while_too_much_waits_is_dropped_and_counted(announcer, caplog):
    begun, opened, told, heard = (*(threading.Event() for _ in range(3)), [])

    def slow():
        begun.set()
        assert opened.wait(30)

    class Tell(logging.Handler):
        def emit(self, record):
            if "were dropped" in record.getMessage():
                told.set()

    logger = logging.getLogger("durable_engine.runtime.announcer")
    tell = Tell()
    logger.addHandler(tell)
    try:
        announcer.submit(slow)
        assert begun.wait(30)
        for number in range(7):
            announcer.submit(lambda number=number: heard.append(number))
        opened.set()
        assert told.wait(30)
    finally:
        logger.removeHandler(tell)
    announcer.stop()
    assert heard == [0, 1, 2, 3]
    assert announcer.dropped == 3
    assert [record.getMessage() for record in caplog.records] == [
        "4 signals wait for slow receivers: those that come are dropped",
        "3 signals were dropped: their receivers are slow",
    ]


def test_what_no_thread_can_be_had_for_waits_for_one(announcer, refusals, caplog):
    heard = threading.Event()
    refusals.expect("durable-signals")
    announcer.submit(heard.set)
    assert [record.getMessage() for record in caplog.records] == [
        "signals wait for a thread to send them: can't start new thread"
    ]
    announcer.submit(lambda: None)
    assert heard.wait(30)
