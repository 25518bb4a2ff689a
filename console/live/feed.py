"""What tells watchers that something may have changed.

A hint is never needed (I5): a watcher looks by itself after `poll_seconds`. A feed
that notifies lets it look sooner.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from asgiref.sync import sync_to_async

from console.conf import POLL_SECONDS
from durable_engine.client.changes import watch_changes

logger = logging.getLogger(__name__)

LONGEST_BACKOFF_SECONDS = 30.0

Changed = Callable[[], None]
"""Called on the event loop when something may have changed."""


class Feed(Protocol):
    """A source of hints."""

    @property
    def poll_seconds(self) -> float:
        """How long a watcher without a hint waits before it looks by itself."""

    def subscribe(self, changed: Changed) -> Callable[[], None]:
        """Call `changed` on the running event loop at every hint.

        Returns: what ends the subscription.
        """


class HintFeed:
    """Passes the engine's hints on to the watchers of one event loop.

    One link to the engine serves all watchers; it is made by the first, and tried
    again until it stands. Meanwhile watchers look by themselves, as they always do.
    """

    poll_seconds = POLL_SECONDS

    def __init__(self) -> None:
        self._listeners: list[Changed] = []
        self._link: asyncio.Task[None] | None = None

    def subscribe(self, changed: Changed) -> Callable[[], None]:
        """Call `changed` on the running loop whenever the engine hints."""
        self._listeners = [*self._listeners, changed]
        if self._link is None:
            self._link = asyncio.create_task(self._connect())

        def end() -> None:
            self._listeners = [one for one in self._listeners if one is not changed]

        return end

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()

        def hinted() -> None:  # in a thread of the engine
            try:
                loop.call_soon_threadsafe(self._pass_on)
            except RuntimeError:
                return  # the loop has ended, and its sockets with it

        wait_seconds = 1.0
        while True:
            try:
                # Building the engine may open a connection: not on the loop.
                await sync_to_async(watch_changes)(hinted)
            except Exception:
                logger.exception(
                    "Waiting for hints of the engine; pages poll meanwhile"
                )
                await asyncio.sleep(wait_seconds)
                wait_seconds = min(wait_seconds * 2, LONGEST_BACKOFF_SECONDS)
            else:
                return

    def _pass_on(self) -> None:
        for changed in self._listeners:
            changed()
