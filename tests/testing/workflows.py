"""Workflows that tests run with the kit; `ran` lists the steps that really ran, `ticked` ticks."""

import asyncio
import threading
from datetime import datetime
from typing import Any

import durable_engine as durable
from tests.support.shop.models import Note, Order

ran: list[Any] = []
ticked: list[datetime] = []
NARROW = durable.Queue("kit.narrow", concurrency=2)
RATED = durable.Queue("kit.rated", limiter={"limit": 2, "period": 60.0})
PLAIN = durable.Queue("kit.plain")


@durable.step
def reserve(number: int) -> int:
    ran.append(("reserve", number))
    return number + 1


@durable.transaction
def pay(number: int) -> int:
    ran.append(("pay", number))
    Order.objects.create(reference=f"order-{number}", amount=number)
    return number * 10


@durable.transaction(using="other")
def pay_elsewhere(number: int) -> int:
    ran.append(("pay_elsewhere", number))
    Note.objects.using("other").create(text=f"elsewhere {number}")
    return number


@durable.step
def ship(number: int) -> str:
    ran.append(("ship", number))
    return f"shipped {number}"


@durable.workflow
def checkout(number: int) -> str:
    reserve(number)
    pay(number)
    return ship(number)


@durable.workflow
def far_checkout(number: int) -> str:
    reserve(number)
    pay_elsewhere(number)
    return ship(number)


@durable.workflow
def remind(days: float) -> str:
    reserve(0)
    before = durable.now()
    durable.sleep(days * 86_400)
    assert (durable.now() - before).days >= int(days)
    return ship(0)


@durable.workflow
def approve(timeout_seconds: float | None = 3600) -> Any:
    durable.set_event("state", "asked")
    answer = durable.recv("answer", timeout_seconds=timeout_seconds)
    durable.set_event("state", answer)
    return answer


@durable.workflow
def parent(number: int) -> list[str]:
    handle = durable.start_workflow(checkout, number)
    return [checkout(number + 1), handle.get_result()]


@durable.step(retries_allowed=True, interval_seconds=10, max_attempts=3)
def flaky(failures: int) -> int:
    ran.append("flaky")
    if ran.count("flaky") <= failures:
        raise ConnectionError("try again")
    return ran.count("flaky")


@durable.workflow
def retried(failures: int) -> int:
    return flaky(failures)


@durable.step
async def fetch(number: int) -> int:
    ran.append(("fetch", number))
    await Note.objects.acreate(text=f"fetched {number}")
    return number


@durable.workflow
async def gather(number: int) -> list[int]:
    await durable.sleep_async(60)
    return list(await asyncio.gather(fetch(number), fetch(number + 1)))


@durable.workflow
async def gathered_waits() -> list[Any]:
    first = durable.recv_async("first", timeout_seconds=1000)
    second = durable.recv_async("second", timeout_seconds=50)
    return list(await asyncio.gather(first, second, fetch(7)))


@durable.workflow
async def mixed(number: int) -> int:
    value: int = await asyncio.to_thread(pay, number)
    return value


@durable.workflow
def threads_here() -> tuple[str, bool]:
    main = threading.current_thread() is threading.main_thread()
    return threading.current_thread().name, main


@durable.workflow
def again() -> None:
    durable.start_workflow(again)


@durable.scheduled("0 8 * * *", timezone="Europe/Paris", name="kit-daily")
@durable.workflow
def daily(scheduled_at: datetime, started_at: datetime) -> str:
    assert scheduled_at <= started_at
    ticked.append(scheduled_at)
    return scheduled_at.isoformat()


@durable.workflow
def careful() -> None:
    try:
        reserve(1)
        ship(1)
    except Exception:
        ran.append("survived its own death")
        raise
    finally:
        try:
            ship(2)
        except BaseException:
            ran.append("refused")
            raise
