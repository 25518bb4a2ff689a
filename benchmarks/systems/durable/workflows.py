"""The workflows and steps that the engine runs."""

import asyncio

import durable_engine as durable

queue = durable.Queue("benchmark")


@durable.step
def step(number: int) -> int:
    """Do next to nothing."""
    return number + 1


@durable.workflow
def in_thread(steps: int, number: int) -> int:
    """Run this many steps in a thread."""
    for _ in range(steps):
        number = step(number)
    return number


@durable.step
async def step_async(number: int) -> int:
    """Do next to nothing."""
    return number + 1


@durable.workflow
async def in_coroutine(steps: int, number: int) -> int:
    """Run this many steps in a coroutine."""
    for _ in range(steps):
        number = await step_async(number)
    return number


@durable.step
async def never_end() -> None:
    """Keep the workflow running until its process is killed."""
    await asyncio.Event().wait()


@durable.workflow
async def held(steps: int, number: int) -> int:
    """Run until the process is killed, in whichever worker."""
    await never_end()
    return steps + number
