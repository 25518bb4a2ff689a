"""The workflows and steps that DBOS runs."""

from dbos import DBOS


@DBOS.step()
def step(number: int) -> int:
    """Do next to nothing."""
    return number + 1


@DBOS.workflow(name="in_thread")
def in_thread(steps: int, number: int) -> int:
    """Run this many steps in a thread."""
    for _ in range(steps):
        number = step(number)
    return number


@DBOS.step()
async def step_async(number: int) -> int:
    """Do next to nothing."""
    return number + 1


@DBOS.workflow(name="in_coroutine")
async def in_coroutine(steps: int, number: int) -> int:
    """Run this many steps in a coroutine."""
    for _ in range(steps):
        number = await step_async(number)
    return number
