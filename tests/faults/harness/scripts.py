"""The workflows of the matrix: short scripts, played by threads and by coroutines.

A script is a list of verbs with their arguments; the workflow's value is the list of
what they gave. Both kinds of workflow play the same script, so that one expectation
serves both. A row that nobody waits for is written with the next one, so that the
commits are the same in every run; in `LAZY` scripts it is written by itself, as it
is in life, while the workflow naps.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from django.db.models import F
from shop.models import Note, Order

import durable_engine as durable
from durable_engine.runtime.context import current_frame
from tests.faults.harness.ledger import Ledger

QUEUE = durable.Queue("faults")
TIMEOUT_SECONDS = 2.0
NAP_SECONDS = 0.1
SCRIPTS: dict[str, list[tuple[str, ...]]] = {
    "steps": [("note", "a"), ("note", "b"), ("note", "c")],
    "retries": [("flaky", "a"), ("move", "till", "bank")],
    "transactions": [("move", "till", "bank"), ("note", "a"), ("move", "bank", "box")],
    "mail": [("send", "one"), ("send", "two"), ("recv",), ("recv",)],
    "events": [
        ("set_event", "1"),
        ("get_event",),
        ("set_event", "2"),
        ("get_event",),
        ("sleep",),
    ],
    "children": [("call", "leaf"), ("start", "leaf"), ("enqueue", "leaf")],
    "error": [("fail", "a"), ("move", "till", "bank"), ("give_up",)],
    "leaf": [("note", "x")],
}
LAZY = {"retries", "events"}

ledger: Ledger = None  # type: ignore[assignment]  # set before anything runs


def began() -> None:
    """Say that the body of a step or a transaction begins."""
    frame = current_frame()
    assert frame is not None
    ledger.write(
        "BEGIN",
        workflow=frame.run.workflow_id,
        position=frame.step_position,
        attempt=frame.attempt,
        epoch=frame.run.epoch,
    )


def _note(label: str) -> str:
    began()
    return f"{label} noted"


def _flaky(label: str) -> str:
    began()
    frame = current_frame()
    assert frame is not None
    if frame.attempt == 1:
        message = f"{label} fails at first"
        raise ConnectionError(message)
    return f"{label} worked"


def _fail(label: str) -> str:
    began()
    message = f"{label} fails for good"
    raise ValueError(message)


@durable.transaction(name="move")
def move(source: str, target: str) -> int:
    """Move ten coins and leave a receipt."""
    began()
    Order.objects.filter(reference=source).update(amount=F("amount") - 10)
    Order.objects.filter(reference=target).update(amount=F("amount") + 10)
    Note.objects.create(text=f"{durable.workflow_id}:{durable.step_id}")
    return Order.objects.get(reference=target).amount


async def _note_async(label: str) -> str:
    return _note(label)


async def _flaky_async(label: str) -> str:
    return _flaky(label)


async def _fail_async(label: str) -> str:
    return _fail(label)


RETRIES = {"retries_allowed": True, "interval_seconds": NAP_SECONDS}
note = durable.step(name="note")(_note)
flaky = durable.step(name="flaky", **RETRIES)(_flaky)
fail = durable.step(name="fail")(_fail)
note_async = durable.step(name="note")(_note_async)
flaky_async = durable.step(name="flaky", **RETRIES)(_flaky_async)
fail_async = durable.step(name="fail")(_fail_async)


@durable.workflow(name="play")
def play(script: str) -> list[Any]:
    """Play a script on a thread."""
    return [PERFORM[verb](*arguments) for verb, *arguments in SCRIPTS[script]]


@durable.workflow(name="play_async")
async def play_async(script: str) -> list[Any]:
    """Play a script in a coroutine."""
    return [
        await PERFORM_ASYNC[verb](*arguments) for verb, *arguments in SCRIPTS[script]
    ]


def _caught(label: str) -> str:
    try:
        return fail(label)
    except ValueError as error:
        return f"caught {error}"


async def _caught_async(label: str) -> str:
    try:
        return await fail_async(label)
    except ValueError as error:
        return f"caught {error}"


def _give_up() -> None:
    message = "the end of the script"
    raise LookupError(message)


async def _give_up_async() -> None:
    _give_up()


def _self() -> str:
    assert durable.workflow_id is not None
    return durable.workflow_id


async def _start_async(script: str) -> Any:
    handle = await durable.start_workflow_async(play_async, script)
    return await handle.get_result()


async def _enqueue_async(script: str) -> Any:
    handle = await QUEUE.enqueue_async(play_async, script)
    return await handle.get_result()


PERFORM: dict[str, Callable[..., Any]] = {
    "note": note,
    "flaky": flaky,
    "fail": _caught,
    "move": move,
    "send": lambda text: durable.send(_self(), text, "mail"),
    "recv": lambda: durable.recv("mail", timeout_seconds=TIMEOUT_SECONDS),
    "set_event": lambda value: durable.set_event("key", value),
    "get_event": lambda: durable.get_event(_self(), "key", TIMEOUT_SECONDS),
    "sleep": lambda: durable.sleep(NAP_SECONDS),
    "call": play,
    "start": lambda script: durable.start_workflow(play, script).get_result(),
    "enqueue": lambda script: QUEUE.enqueue(play, script).get_result(),
    "give_up": _give_up,
}
PERFORM_ASYNC: dict[str, Callable[..., Any]] = {
    "note": note_async,
    "flaky": flaky_async,
    "fail": _caught_async,
    "move": lambda source, target: asyncio.to_thread(move, source, target),
    "send": lambda text: durable.send_async(_self(), text, "mail"),
    "recv": lambda: durable.recv_async("mail", timeout_seconds=TIMEOUT_SECONDS),
    "set_event": lambda value: durable.set_event_async("key", value),
    "get_event": lambda: durable.get_event_async(_self(), "key", TIMEOUT_SECONDS),
    "sleep": lambda: durable.sleep_async(NAP_SECONDS),
    "call": play_async,
    "start": _start_async,
    "enqueue": _enqueue_async,
    "give_up": _give_up_async,
}
