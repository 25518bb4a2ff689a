"""Bodies of workflows that a replay repeats, or whose authors know better."""

import asyncio
import os
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from random import Random
from types import SimpleNamespace

from django.utils import timezone

import durable_engine as DBOS
import durable_engine as durable
from durable_engine import run_step, run_step_async, step
from tests.support.shop.models import Order

fetch = step(name="tests.checks.fetch")(time.time)  # has its name, and is a step
settings = SimpleNamespace(environ={}, now=lambda: 0)


def now():
    return 0


class Basket:
    objects: tuple[str, ...] = ()

    def save(self) -> None:
        """Keep it in memory."""

    def now(self) -> int:
        return 0


class random:
    @staticmethod
    def random():
        return 4


def open(name):
    return name


@durable.step
def in_a_step():
    Order.objects.count()
    return os.environ, datetime.now(UTC), uuid.uuid4(), Path("a").read_text()


@durable.transaction
def in_a_transaction():
    return Order.objects.create(reference=str(uuid.uuid4())).pk


def helper():
    return time.time()


@durable.workflow
def names_of_its_own(time, datetime):
    uuid = Basket()
    basket = Basket()
    basket.save()
    return [
        now(),
        open("a"),
        random.random(),
        time.time(),
        datetime.now(),
        uuid.now(),
        basket.objects,
        settings.environ,
        settings.now(),
        helper(),
    ]


@durable.workflow
def by_the_engines_means(key: int, rng: Random):
    own = durable.random()
    seeded = Random(key)
    DBOS.sleep(1)
    return [
        fetch(),
        in_a_step(),
        in_a_transaction(),
        durable.now() + timedelta(days=1),
        durable.uuid4(),
        own.random(),
        rng.choice([1, 2]),
        seeded.random(),
        uuid.uuid5(uuid.NAMESPACE_URL, "a"),
        datetime(2026, 1, 1, tzinfo=UTC).isoformat(),
        datetime.fromtimestamp(key, UTC),
        timezone.localtime(durable.now()),
        time.gmtime(key),
        PurePath("a").name,
        Path("a").suffix,
        Order(reference="A-1").reference,
        time.time,
    ]


@durable.workflow
def only_in_steps():
    def count():
        return Order.objects.count()

    @step
    def write():
        return Path("a").write_text("b")

    @durable.step(retries_allowed=True)
    def again() -> Iterator[str]:
        return iter(os.environ)

    run_step(None, lambda: time.time())
    return run_step({"name": "count"}, count), write(), again()


@durable.workflow
async def coroutine():
    async def count():
        return await Order.objects.acount()

    await asyncio.sleep(0)
    await asyncio.gather(run_step_async(None, count))
    return await asyncio.to_thread(in_a_transaction)


@durable.workflow
def known_better():
    debug = os.environ.get("DEBUG")  # durable: ignore
    pid = os.getpid()  # durable: ignore[W108]
    moment = datetime.now(  # durable: ignore[durable.W101, W102]
        UTC
    )
    return debug, pid, moment, uuid.uuid4()  # durable:ignore[ W102 ]


@durable.workflow
def known_better_as_a_whole():  # durable: ignore[W101]
    return time.time(), time.monotonic()
