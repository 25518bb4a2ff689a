"""What tells watchers that something may have changed.

A hint is never needed (I5): a watcher looks by itself after `poll_seconds`. A feed
that notifies lets it look sooner, and may then let it look by itself more rarely.
"""

from collections.abc import Callable, Collection
from typing import Protocol

from console.conf import POLL_SECONDS

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


class PollingFeed:
    """Gives no hints: watchers look at the database at a steady pace."""

    poll_seconds = POLL_SECONDS

    def subscribe(self, changed: Changed) -> Callable[[], None]:
        """Do nothing; polling serves."""
        return lambda: None
