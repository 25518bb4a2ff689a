"""Workflows whose code a test changes, as a deploy would: `code` says to what."""

import asyncio
from typing import Any

import durable_engine as durable

code = {"is": "as recorded"}
ran: list[str] = []


@durable.step(name="one")
def one() -> int:
    ran.append("one")
    return 1


@durable.step(name="two")
def two() -> int:
    ran.append("two")
    return 2


@durable.transaction(name="three")
def three() -> int:
    ran.append("three")
    return 3


@durable.step(name="fail")
def fail() -> None:
    ran.append("fail")
    message = "recorded"
    raise ValueError(message)


@durable.workflow(name="changing.child")
def child() -> int:
    return one()


@durable.workflow(name="changing.sync")
def changing(start: int, *more: int) -> int:
    """Records one, two, three, fail, a child, a sleep; then waits for a message."""
    change = code["is"]
    if change == "raises":
        message = "new"
        raise KeyError(message)
    if change == "swapped":
        two()
    one()
    if change != "swapped":
        two()
    three()
    if change == "returns early":
        return 0
    try:
        fail()
    except ValueError:
        pass
    handle = durable.start_workflow(child)
    if change == "patched" and durable.patch("more"):
        two()
    durable.sleep(5)
    if change == "another wait":
        durable.get_event("nobody", "never")
    durable.recv(timeout_seconds=1_000_000)
    total = start + handle.get_result() + int(durable.random()) + sum(more)
    if change == "adds":
        two()
    return total


async def fetch(number: int) -> int:
    ran.append(f"fetch {number}")
    return number


@durable.workflow(name="changing.coroutine")
async def gathering() -> list[Any]:
    """Records 1 wait (open), 2 b1, 3 b2 of a sibling task."""
    change = code["is"]

    async def waits() -> Any:
        return await durable.recv_async(timeout_seconds=1_000_000)

    async def works() -> None:
        name = "b2" if change != "another sibling" else "bX"
        await durable.run_step_async({"name": "b1"}, fetch, 1)
        if change == "returns early":
            return
        await durable.run_step_async({"name": name}, fetch, 2)
        if change == "adds":
            await durable.run_step_async({"name": "b3"}, fetch, 3)

    if change == "returns early":
        await works()
        return []
    return list(await asyncio.gather(waits(), works()))
