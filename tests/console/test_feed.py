"""Hints shorten waiting; without them watchers look by themselves."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from console.live import feed
from console.live.feed import HintFeed


def hint_from_a_thread(hinted: Callable[[], None]) -> None:
    thread = threading.Thread(target=hinted)
    thread.start()
    thread.join()


async def test_hint_reaches_every_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    links: asyncio.Queue[Callable[[], None]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def watch(hinted: Callable[[], None]) -> Callable[[], None]:
        loop.call_soon_threadsafe(links.put_nowait, hinted)
        return hinted

    monkeypatch.setattr(feed, "watch_changes", watch)
    source = HintFeed()
    first, second = asyncio.Event(), asyncio.Event()
    end = source.subscribe(first.set)
    source.subscribe(second.set)
    hinted = await links.get()
    await asyncio.to_thread(hint_from_a_thread, hinted)
    await asyncio.gather(first.wait(), second.wait())
    end()
    first.clear()
    second.clear()
    await asyncio.to_thread(hint_from_a_thread, hinted)
    await second.wait()
    assert not first.is_set()
    assert links.empty()  # one link serves both


async def test_link_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    linked = asyncio.Event()
    loop = asyncio.get_running_loop()
    attempts = iter([True])

    def watch(hinted: Callable[[], None]) -> Callable[[], None]:
        if next(attempts, False):
            message = "away"
            raise ConnectionError(message)
        loop.call_soon_threadsafe(linked.set)
        return hinted

    monkeypatch.setattr(feed, "watch_changes", watch)
    HintFeed().subscribe(lambda: None)
    await linked.wait()
    assert "pages poll meanwhile" in caplog.text
