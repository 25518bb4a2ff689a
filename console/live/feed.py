"""What tells watchers that something may have changed.

A hint is never needed (I5): a watcher looks by itself after `poll_seconds`. A feed
that notifies lets it look sooner, and may then let it look by itself more rarely.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Protocol

from asgiref.sync import sync_to_async

from console.conf import POLL_SECONDS
from durable_engine.client.changes import watch_changes

Changed = Callable[[Collection[str] | None], None]
"""Called on the event loop with the workflow ids that changed; None: any may have."""


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
    """Passes the engine's hints on; watchers still look by themselves."""

    poll_seconds = POLL_SECONDS

    def subscribe(self, changed: Changed) -> Callable[[], None]:
        """Call `changed` on the running loop whenever the engine hints."""
        loop = asyncio.get_running_loop()
        ends: list[Callable[[], None]] = []

        def hinted() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(changed, None)

        async def begin() -> None:
            # Building the engine may open a connection: not on the loop.
            ends.append(await sync_to_async(watch_changes)(hinted))

        task = asyncio.ensure_future(begin())

        def end() -> None:
            task.cancel()
            for one in ends:
                one()

        return end
