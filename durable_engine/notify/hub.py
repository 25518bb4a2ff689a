"""Where waiting threads and coroutines are woken from.

`publish` wakes waiters of this process at once and hints to other processes:
coalesced, from a thread of its own. Few hints go out at once, so that processes that
answer each other do so within milliseconds; many go out together, at most twenty
times a second. A lost hint costs a waiter its poll interval, never more (I5).

What a watcher raises is logged, and harms no other and no thread of the hub.
"""

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from durable_engine.daemons import started
from durable_engine.notify.base import (
    CONTROL,
    EVENT,
    MESSAGE,
    QUEUE,
    RESULT,
    STREAM,
    Hint,
    Topic,
    Transport,
    encode_hint,
    topic_hash,
    waiting_key,
)

logger = logging.getLogger(__name__)

_LONGEST_SPACING_SECONDS = 0.05
_SPACING_SECONDS_A_TOPIC = 0.005
_FAREWELL_SECONDS = 2.0
_AWAITED = (EVENT, MESSAGE, RESULT, STREAM)


class Waiter:
    """One waiting thread or coroutine; woken by any of its topics.

    A wake-up that comes between two waits is kept, so that whoever subscribes
    first and looks second misses nothing.
    """

    __slots__ = ("_future", "_hub", "_lock", "_loop", "_set", "topics", "waiting")

    def __init__(self, hub: "Hub", topics: tuple[Topic, ...]) -> None:
        self._hub = hub
        self._lock: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._future: asyncio.Future[None] | None = None
        self._set = False
        self.topics = topics
        self.waiting: Any = None  # what a workflow waits for here, if one does

    def wake(self) -> None:
        """Wake the waiter, or its next wait; safe from any thread."""
        self._set = True
        lock, future, loop = self._lock, self._future, self._loop
        if lock is not None:
            try:
                lock.release()
            except RuntimeError:  # woken twice
                pass
        if future is not None and loop is not None:
            try:
                loop.call_soon_threadsafe(_resolve, future)
            except RuntimeError:  # the loop is closed: nobody waits any more
                pass

    @property
    def woken(self) -> bool:
        """Whether a wake-up has come since the last wait, or `clear`."""
        return self._set

    def clear(self) -> None:
        """Forget a wake-up; done before looking, never after."""
        self._set = False

    def wait(self, timeout_seconds: float) -> None:
        """Block until woken or until the time is over."""
        if self._lock is None:
            self._lock = threading.Lock()
            self._lock.acquire()
        if not self._set:
            self._lock.acquire(timeout=max(0.0, timeout_seconds))
        self._set = False

    async def wait_async(self, timeout_seconds: float) -> None:
        """Await being woken, or the end of the time."""
        self._loop = asyncio.get_running_loop()
        self._future = self._loop.create_future()
        try:
            if not self._set:
                async with asyncio.timeout(max(0.0, timeout_seconds)):
                    await self._future
        except TimeoutError:
            pass
        finally:
            self._future = None
            self._set = False

    def close(self) -> None:
        """Stop being woken."""
        self.waiting = None
        self._hub.unsubscribe(self)

    def __enter__(self) -> "Waiter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _resolve(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


class Hub:
    """The waiters of one process, and its link to the others."""

    def __init__(
        self,
        make_transport: Callable[[], Transport | None],
        wake_unloaded: Callable[[list[str]], bool],
    ) -> None:
        """Build a hub that listens and sends once it is used.

        Args:
            make_transport: opens the link to other processes; None: poll only.
            wake_unloaded: makes workflows due that wait for these keys in the
                database only; says whether there were any.
        """
        self._make_transport = make_transport
        self._wake_unloaded = wake_unloaded
        self.controlled: Callable[[frozenset[str] | None], None] | None = None
        self._lock = threading.Lock()
        self._waiters: dict[str, set[Waiter]] = defaultdict(set)
        self._watchers: list[Callable[[], None]] = []
        self._outbox: set[Topic] = set()
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._sender_id = ""
        self._receiver: Transport | None = None
        self._sender: Transport | None = None
        self._threads: list[threading.Thread] = []
        self.connected = False

    def start(self, sender_id: str) -> None:
        """Listen to other processes from now on; safe to call again."""
        with self._lock:
            if self._receiver is not None or self._stopping.is_set():
                return
            self._sender_id = topic_hash(("sender", sender_id))
            receiver = self._make_transport()
            if receiver is not None and self._spawn(
                lambda: receiver.listen(self._received, self._reconnected, self._lost),
                "durable-listen",
            ):
                self._receiver = receiver

    def _spawn(self, target: Callable[[], None], name: str) -> bool:
        """Start a thread; False when none is to be had, which may change."""
        try:
            self._threads.append(started(target, name))
        except RuntimeError as error:
            logger.warning("%s cannot start, waiters poll meanwhile: %s", name, error)
            return False
        return True

    def _received(self, payload: str) -> None:
        """Follow a hint; the next one comes whatever this one leads to."""
        try:
            self._follow(payload)
        except Exception:
            logger.exception("a hint could not be followed")

    def _follow(self, payload: str) -> None:
        hint = Hint.decode(payload)
        if hint.sender == self._sender_id:
            return
        if CONTROL in hint.kinds and self.controlled is not None:
            self.controlled(hint.hashes)
        self._tell_watchers()
        if hint.hashes is None:
            self.wake_all(hint.kinds)
            return
        with self._lock:
            found = [self._waiters.get(digest, ()) for digest in hint.hashes]
            waiters = [waiter for some in found for waiter in some]
        for waiter in waiters:
            waiter.wake()

    def _reconnected(self) -> None:
        self.connected = True
        self.wake_all()
        self._tell_watchers()

    def _lost(self) -> None:
        """Have waiters look more often, until hints arrive again."""
        self.connected = False

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` whenever anything may have changed, here or elsewhere.

        It is called from threads of the hub, up to 200 times a second and process,
        must be quick and must not raise.

        Returns:
            What ends the watch.
        """
        with self._lock:
            self._watchers = [*self._watchers, changed]

        def end() -> None:
            with self._lock:
                self._watchers = [one for one in self._watchers if one is not changed]

        return end

    def _tell_watchers(self) -> None:
        for changed in self._watchers:
            try:
                changed()
            except Exception:
                logger.exception("what watches for changes failed")

    def subscribe(self, *topics: Topic) -> Waiter:
        """Return a waiter for these topics; close it when done."""
        waiter = self.new_waiter(topics)
        with self._lock:
            for topic in topics:
                self._waiters[topic_hash(topic)].add(waiter)
        return waiter

    def new_waiter(self, topics: tuple[Topic, ...]) -> Waiter:
        """Build a waiter; used by `subscribe`, and replaced by the testing kit."""
        return Waiter(self, topics)

    def unsubscribe(self, waiter: Waiter) -> None:
        """Forget a waiter; used by `Waiter.close`."""
        with self._lock:
            for topic in waiter.topics:
                digest = topic_hash(topic)
                some = self._waiters.get(digest)
                if some is not None:
                    some.discard(waiter)
                    if not some:
                        del self._waiters[digest]

    def wake_all(self, kinds: str = "") -> None:
        """Wake everybody, or everybody who waits for one of these kinds."""
        with self._lock:
            waiters = {
                waiter
                for some in self._waiters.values()
                for waiter in some
                if not kinds or any(kind in kinds for kind, _ in waiter.topics)
            }
        for waiter in waiters:
            waiter.wake()

    def wake(self, *topics: Topic) -> None:
        """Wake waiters of this process only, for what others cannot have missed."""
        with self._lock:
            waiters = self._waiters_of(topics)
        for waiter in waiters:
            waiter.wake()

    def publish(self, topics: Iterable[Topic]) -> None:
        """Wake waiters here, and hint to the other processes soon."""
        topics = tuple(topics)
        with self._lock:
            waiters = self._waiters_of(topics)
            self._outbox.update(topics)
            if self._sender is None and not self._stopping.is_set():
                sender = self._make_transport() or _Nowhere()
                if self._spawn(self._forward, "durable-notify"):
                    self._sender = sender
        for waiter in waiters:
            waiter.wake()
        if not self._bell.is_set():
            self._bell.set()

    def _waiters_of(self, topics: tuple[Topic, ...]) -> list[Waiter]:
        """Return who waits here for any of these topics; called under the lock."""
        if not self._waiters:
            return []
        found = [self._waiters.get(topic_hash(topic), ()) for topic in topics]
        return [waiter for some in found for waiter in some]

    def _forward(self) -> None:
        """Send what was published: at once, and the next after a pause to fit."""
        while True:
            self._bell.wait()
            sent = self._send_outbox()
            if self._stopping.wait(spacing_seconds(sent)):
                self._send_outbox()
                return

    def _send_outbox(self) -> int:
        """Send everything that is pending; return how many topics that were."""
        with self._lock:
            topics, self._outbox = self._outbox, set()
            self._bell.clear()
        if not topics or self._sender is None:
            return 0
        count = len(topics)
        self._tell_watchers()
        try:
            keys = [waiting_key(topic) for topic in topics if topic[0] in _AWAITED]
            if keys and self._wake_unloaded(keys):
                topics.add((QUEUE, ""))
                self.wake_all(QUEUE)
            self._sender.send(encode_hint(self._sender_id, topics))
        except Exception as error:  # noqa: BLE001 - a hint: its loss costs latency
            logger.debug("a hint was lost: %s", error)
        return count

    def stop(self) -> None:
        """Send what is pending and end the threads; waiters are woken."""
        self._stopping.set()
        self._bell.set()
        if self._receiver is not None:
            self._receiver.stop()
        self.wake_all()
        for thread in self._threads:
            thread.join(_FAREWELL_SECONDS)
        if self._sender is not None:
            self._sender.stop()


def spacing_seconds(topics: int) -> float:
    """Return the pause after a hint at so many topics.

    Below 200 topics a second none waits long for the one before it; above, each pause
    gathers more than the last, until it is the longest.
    """
    return min(_LONGEST_SPACING_SECONDS, topics * _SPACING_SECONDS_A_TOPIC)


class _Nowhere(Transport):
    """Stands in where no transport is wanted: waiters only poll."""

    def listen(
        self,
        received: Callable[[str], None],
        reconnected: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        del received, reconnected, lost

    def send(self, payload: str) -> None:
        del payload

    def stop(self) -> None:
        pass
