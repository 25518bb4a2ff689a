"""The engine of a test: everything on the test's thread and connection."""

import os
import socket
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.utils.module_loading import import_string

from durable_engine.clock import DatabaseClock
from durable_engine.conf import Settings
from durable_engine.ids import new_executor_id
from durable_engine.loops import InPlace
from durable_engine.records import ExecutorRow
from durable_engine.runtime.announcer import Announcer
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.registry import WorkflowRegistration
from durable_engine.runtime.residents import Residents
from durable_engine.runtime.version import application_version
from durable_engine.store import executors
from durable_engine.store.embedded import EmbeddedStore
from durable_engine.testing.hub import KitHub, Patience
from durable_engine.testing.journal import KitJournal, KitReads

_LONGEST_LEASE_SECONDS = 50 * 365 * 86_400.0


class KitMembership:
    """The test as an executor: it is there as long as the test runs."""

    draining = False
    times_lost = 0

    def trusted(self) -> bool:
        """Return True: nothing beats, and time moves only when the test says so."""
        return True

    def wait_for_verdict(self) -> None:
        """Return at once."""

    def leave(self) -> None:
        """Leave the rows to the end of the test's transaction."""


class KitAnnouncer(Announcer):
    """Calls receivers on the test's thread, between two workflows."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[Callable[[], None]] = []

    def submit(self, send: Callable[[], None]) -> None:
        """Keep it until `send_all`."""
        self._waiting.append(send)

    def send_all(self) -> None:
        """Send what was submitted, and what that led to."""
        while self._waiting:
            self._waiting.pop(0)()

    def stop(self) -> None:
        """Forget what was not sent."""
        self._waiting.clear()


def build(settings: Settings, depths: dict[str, int], patience: Patience) -> Engine:
    """Return an engine that lives in the test's transaction, registered in it.

    Args:
        settings: of the engine, as they are now.
        depths: how many `atomic()` blocks of each alias are the test's own.
        patience: what the test's own waiting does.
    """
    store = EmbeddedStore(settings, depths)
    journal = KitJournal(store, new_executor_id())
    hub = KitHub(patience)
    host = Engine(
        settings=settings,
        executor_id=new_executor_id(),
        store=store,
        journal=journal,
        hub=hub,
        reads=KitReads(store, journal),
        residents=Residents(settings.resident_waiters),
        clock=DatabaseClock(),
        serializer=import_string(settings.serializer)(),
        announcer=KitAnnouncer(),
        membership=KitMembership(),
        threadless=True,
    )
    values: dict[str, Any] = vars(host)  # cached properties, set before their first use
    values["threads"] = InPlace()
    values["app_version"] = _version(settings, tuple(host.registry.workflows()))
    become(host, host.executor_id, _LONGEST_LEASE_SECONDS)
    return host


def become(host: Engine, executor_id: str, lease_seconds: float) -> None:
    """Run workflows as this executor from now on; register it with a lease."""
    row = ExecutorRow(
        id=executor_id,
        hostname=socket.gethostname()[:255],
        host_key="",  # nobody is a neighbour: no pid says that it is gone
        pid=os.getpid(),
        process_key="",
        kind="test",
        app_version=host.app_version,
    )
    host.reads.run(lambda session: executors.register(session, row, lease_seconds))
    be(host, executor_id)


def be(host: Engine, executor_id: str) -> None:
    """Run workflows as an executor that is registered already."""
    journal = host.journal
    assert isinstance(journal, KitJournal)  # noqa: S101 - `build` made it
    journal.own(executor_id)
    host.executor_id = executor_id


@cache
def _version(settings: Settings, workflows: Iterable[WorkflowRegistration]) -> str:
    """Compute the version of a set of workflows once, not once a test."""
    del workflows
    from durable_engine.runtime.registry import registry  # noqa: PLC0415

    return application_version(settings, registry)
