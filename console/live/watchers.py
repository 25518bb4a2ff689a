"""Watchers: one per kind of live piece and process, however many sockets watch.

```
 socket ──watch(keys, versions)──► Hall ──► Watcher of each kind ──► Kind.load(all keys)
   ▲                                                                     │ one query
   └──── one message with the pieces whose version this socket lacks ◄───┘ rendered once
```

A watcher runs while somebody watches. Each round it loads every watched piece of its
kind in one go, renders those that some socket has not got and sends each socket
what it lacks, rendered once for each time zone in which somebody reads. What a socket has is kept as a version per piece: told by the page when
it begins to watch, updated with every message.
"""

import asyncio
import logging
from collections.abc import Mapping
from functools import cache
from typing import Protocol
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async

from console import zones
from console.fragments.catalogue import KINDS, kind_of
from console.fragments.pieces import Kind, Piece, lacking, message
from console.live.feed import Feed, HintFeed

logger = logging.getLogger(__name__)

LONGEST_BACKOFF_SECONDS = 10.0


class Socket(Protocol):
    """What a watcher sends to."""

    @property
    def zone(self) -> str:
        """In which time zone its reader sees times: see `console.zones`."""

    async def show(self, html: str) -> None:
        """Bring changed pieces to the page; never raises for a closed socket."""


class Watcher:
    """Keeps the pieces of one kind up to date on all sockets that watch any."""

    def __init__(self, kind: Kind, feed: Feed) -> None:
        self._kind = kind
        self._feed = feed
        self._seen: dict[Socket, dict[str, str]] = {}
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def watch(self, socket: Socket, versions: dict[str, str]) -> None:
        """Watch these pieces for a socket, in place of what it watched before."""
        if not versions:
            self.leave(socket)
            return
        self._seen[socket] = versions
        self._wanted.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def leave(self, socket: Socket) -> None:
        """Forget a socket; the last one to leave ends the watch."""
        self._seen.pop(socket, None)
        if not self._seen and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        unsubscribe = self._feed.subscribe(self._wanted.set)
        failures = 0
        try:
            while True:
                self._wanted.clear()
                try:
                    await self._round()
                    failures = 0
                except Exception:
                    failures += 1
                    logger.exception("Watching pieces of kind %s", self._kind.name)
                await self._pause(failures)
        finally:
            unsubscribe()

    async def _pause(self, failures: int) -> None:
        if failures:
            await asyncio.sleep(min(2.0**failures, LONGEST_BACKOFF_SECONDS))
            return
        least = self._kind.least_seconds
        await asyncio.sleep(least)
        try:
            async with asyncio.timeout(max(self._feed.poll_seconds - least, 0)):
                await self._wanted.wait()
        except TimeoutError:
            return

    async def _round(self) -> None:
        names = {key.partition(":")[2] for seen in self._seen.values() for key in seen}
        found = await database_sync_to_async(self._kind.load)(names)
        write = cache(_written)
        for socket, seen in list(self._seen.items()):
            changed = lacking(seen, found)
            if changed:
                html = await database_sync_to_async(write)(changed, socket.zone)
                # Watched anew meanwhile: what the page has now, only it knows.
                if self._seen.get(socket) is seen:
                    seen.update((piece.key, piece.version) for piece in changed)
                    await socket.show(html)


class Hall:
    """All watchers of one event loop."""

    def __init__(self, feed: Feed) -> None:
        self._watchers = {kind.name: Watcher(kind, feed) for kind in KINDS.values()}

    def watch(self, socket: Socket, versions: Mapping[str, str]) -> None:
        """Watch pieces of any kinds for a socket, in place of those before."""
        by_kind: dict[str, dict[str, str]] = {name: {} for name in self._watchers}
        for key, version in versions.items():
            by_kind[kind_of(key)][key] = version
        for name, watcher in self._watchers.items():
            watcher.watch(socket, by_kind[name])

    def leave(self, socket: Socket) -> None:
        """Forget a socket."""
        for watcher in self._watchers.values():
            watcher.leave(socket)


_halls: WeakKeyDictionary[asyncio.AbstractEventLoop, Hall] = WeakKeyDictionary()


def hall() -> Hall:
    """Return the hall of the running event loop; a server process has one loop."""
    loop = asyncio.get_running_loop()
    if loop not in _halls:
        _halls[loop] = Hall(HintFeed())
    return _halls[loop]


def _written(pieces: tuple[Piece, ...], zone: str) -> str:
    with zones.seen_in(zone):
        return message(pieces)
