"""The workflows of the soak: random plans, played by threads and by coroutines.

A plan is a list of verbs with their arguments; the workflow's value is the list of
what they gave, which `expected` says beforehand. The steps are those of the matrix:
each says in the ledger that it begins.
"""

import asyncio
import faulthandler
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from shop.models import Note

import durable_engine as durable
from tests.faults.harness import mutants, scripts
from tests.faults.harness.ledger import Ledger

Plan = list[list[Any]]

LEDGER_VARIABLE = "DURABLE_SOAK_LEDGER"
MUTANT_VARIABLE = "DURABLE_SOAK_MUTANT"
PATIENCE_SECONDS = 600.0  # longer than any fault: no wait may end by its time-out
ACCOUNTS = tuple(f"account {number}" for number in range(12))
CONCURRENCY = 3
RATE = {"limit": 10, "period": 2.0}

LIMITED = durable.Queue("limited", concurrency=CONCURRENCY)
SINGLE = durable.Queue("single", concurrency=1)
RATED = durable.Queue("rated", limiter=RATE)
PARTED = durable.Queue("parted", partition_queue=True, partition_concurrency=1)
LOCAL = durable.Queue("local", worker_concurrency=2)
PLAIN = durable.Queue("plain")
QUEUES = {queue.name: queue for queue in (LIMITED, SINGLE, RATED, PARTED, LOCAL, PLAIN)}

mutants.apply(os.environ.get(MUTANT_VARIABLE))
never = threading.Event()
faulthandler.register(signal.SIGUSR1)  # says where every thread stands
scripts.ledger = Ledger(os.environ[LEDGER_VARIABLE])


@durable.step(name="slow")
def slow(seconds: float) -> str:
    """Take time."""
    scripts.began()
    never.wait(seconds)
    return "slow"


@durable.step(name="slow_async")
async def slow_async(seconds: float) -> str:
    """Take time without a thread."""
    scripts.began()
    await asyncio.sleep(seconds)
    return "slow"


@durable.transaction(name="tick_receipt")
def tick_receipt() -> None:
    """Leave a receipt."""
    scripts.began()
    Note.objects.create(text=f"{durable.workflow_id}:{durable.step_id}")


@durable.workflow(name="soak_tick")
def tick(scheduled_at: Any, context: Any) -> str:
    """Be called once a second."""
    del context
    tick_receipt()
    return str(scheduled_at.isoformat())


@durable.workflow(name="soak", max_recovery_attempts=10_000)
def soak(plan: Plan) -> list[Any]:
    """Play a plan on a thread."""
    return [PERFORM[verb](*arguments) for verb, *arguments in plan]


@durable.workflow(name="soak_async", max_recovery_attempts=10_000)
async def soak_async(plan: Plan) -> list[Any]:
    """Play a plan in a coroutine."""
    return [await PERFORM_ASYNC[verb](*arguments) for verb, *arguments in plan]


def self_id() -> str:
    """Return the id of the workflow that runs here."""
    assert durable.workflow_id is not None
    return str(durable.workflow_id)


def _mail(count: int) -> list[Any]:
    return [
        durable.recv("post", timeout_seconds=PATIENCE_SECONDS) for _ in range(count)
    ]


async def _mail_async(count: int) -> list[Any]:
    return [
        await durable.recv_async("post", timeout_seconds=PATIENCE_SECONDS)
        for _ in range(count)
    ]


def _event(value: str) -> Any:
    durable.set_event("key", value)
    return durable.get_event(self_id(), "key", PATIENCE_SECONDS)


async def _event_async(value: str) -> Any:
    await durable.set_event_async("key", value)
    return await durable.get_event_async(self_id(), "key", PATIENCE_SECONDS)


def _enqueue(name: str, plan: Plan) -> Any:
    with durable.SetEnqueueOptions(queue_partition_key=partition(name, self_id())):
        return QUEUES[name].enqueue(soak, plan).get_result()


async def _enqueue_async(name: str, plan: Plan) -> Any:
    with durable.SetEnqueueOptions(queue_partition_key=partition(name, self_id())):
        handle = await QUEUES[name].enqueue_async(soak_async, plan)
    return await handle.get_result()


def partition(queue: str, workflow_id: str) -> str | None:
    """Return one of two partitions, for the queue that has them."""
    return f"p{len(workflow_id) % 2}" if queue == PARTED.name else None


async def _start_async(plan: Plan) -> Any:
    handle = await durable.start_workflow_async(soak_async, plan)
    return await handle.get_result()


PERFORM: dict[str, Callable[..., Any]] = {
    "note": scripts.note,
    "slow": slow,
    "flaky": scripts.flaky,
    "fail": scripts.PERFORM["fail"],
    "move": lambda source, target: bool(scripts.move(source, target)) or True,
    "nap": durable.sleep,
    "call": soak,
    "start": lambda plan: durable.start_workflow(soak, plan).get_result(),
    "enqueue": _enqueue,
    "send": lambda text: durable.send(self_id(), text, "mail"),
    "recv": lambda: durable.recv("mail", timeout_seconds=PATIENCE_SECONDS),
    "event": _event,
    "stream": lambda value: durable.write_stream("key", value),
    "mail": _mail,
    "give_up": scripts.PERFORM["give_up"],
}


async def _move_async(source: str, target: str) -> bool:
    await asyncio.to_thread(scripts.move, source, target)
    return True


PERFORM_ASYNC: dict[str, Callable[..., Any]] = {
    "note": scripts.note_async,
    "slow": slow_async,
    "flaky": scripts.flaky_async,
    "fail": scripts.PERFORM_ASYNC["fail"],
    "move": _move_async,
    "nap": durable.sleep_async,
    "call": soak_async,
    "start": _start_async,
    "enqueue": _enqueue_async,
    "send": lambda text: durable.send_async(self_id(), text, "mail"),
    "recv": lambda: durable.recv_async("mail", timeout_seconds=PATIENCE_SECONDS),
    "event": _event_async,
    "stream": lambda value: durable.write_stream_async("key", value),
    "mail": _mail_async,
    "give_up": scripts.PERFORM_ASYNC["give_up"],
}


def expected(plan: Plan) -> list[Any]:
    """Return the value of a plan, as it must be whatever happens."""
    box: list[str] = []
    return [_expected(verb, arguments, box) for verb, *arguments in plan]


def _expected(verb: str, arguments: list[Any], box: list[str]) -> Any:  # noqa: PLR0911 - one a verb
    match verb:
        case "note":
            return f"{arguments[0]} noted"
        case "flaky":
            return f"{arguments[0]} worked"
        case "fail":
            return f"caught {arguments[0]} fails for good"
        case "slow" | "move":
            return "slow" if verb == "slow" else True
        case "call" | "start" | "enqueue":
            return expected(arguments[-1])
        case "send":
            box.append(arguments[0])
            return None
        case "recv":
            return box.pop(0)
        case "event":
            return arguments[0]
        case "mail":
            return [f"letter {number}" for number in range(arguments[0])]
        case _:
            return None
