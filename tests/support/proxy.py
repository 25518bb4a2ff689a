"""A TCP proxy in front of a server, for tests of what a network does to programs.

It runs on a thread of its own, listens on a free port, and passes bytes on until it
is told to do harm: to cut every connection, to stall (connections stay open and
nothing arrives, as behind a half-open firewall), to be slow, or to lose the answer
to one statement.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self
from urllib.parse import urlsplit

PATIENCE_SECONDS = 20.0
_CHUNK_BYTES = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST, and lose what is sent


class Proxy:
    """Passes connections on to a port of this machine; closed by `close` or `with`."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._lost: bytes | None = None
        self.delay_seconds = 0.0
        self.losses = 0  # answers that were lost on request
        self.connections = 0  # that were ever made
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._server = self._run(self._listen())
        self.port: int = self._server.sockets[0].getsockname()[1]

    def url(self, url: str) -> str:
        """Return the URL of a database, through this proxy."""
        parts = urlsplit(url)
        user = f"{parts.username}@" if parts.username else ""
        return parts._replace(netloc=f"{user}127.0.0.1:{self.port}").geturl()

    def cut(self) -> int:
        """Reset every connection; new ones pass. Return how many there were."""

        async def cut() -> int:
            links = list(self._links)
            for link in links:
                link.reset()
            return len(links)

        return self._run(cut())

    def stall(self) -> None:
        """Let nothing pass from now on; senders are told that it arrived."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def flow(self) -> None:
        """Let everything pass again, late as it is."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    def lose_answer(self, statement: bytes) -> None:
        """Pass the next statement that contains this on, and cut at its answer."""

        async def lose() -> None:
            self._lost = statement

        self._run(lose())

    def close(self) -> None:
        """Cut everything and end the thread."""

        async def close() -> None:
            self._server.close()
            for link in list(self._links):
                link.reset()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self._run(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(PATIENCE_SECONDS)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accepted, "127.0.0.1", 0)

    async def _accepted(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        link = _Link(writer)
        self._links.add(link)
        try:
            await self._flowing.wait()
            answers, above = await asyncio.open_connection("127.0.0.1", self._target)
            link.writers.append(above)
            there = self._pump(reader, above, lambda data: self._asked(link, data))
            back = self._pump(answers, writer, lambda _: self._answered(link))
            await asyncio.gather(there, back)
        except OSError:
            pass  # one end is gone, so the other one goes too
        finally:
            self._links.discard(link)
            link.reset()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        passes: Callable[[bytes], bool],
    ) -> None:
        while data := await source.read(_CHUNK_BYTES):
            if self.delay_seconds:
                await asyncio.sleep(self.delay_seconds)
            await self._flowing.wait()
            if not passes(data):
                return
            sink.write(data)
            await sink.drain()
        raise ConnectionResetError

    def _asked(self, link: "_Link", data: bytes) -> bool:
        if self._lost is not None and self._lost in data:
            self._lost = None
            link.deaf = True
        return True

    def _answered(self, link: "_Link") -> bool:
        if link.deaf:
            self.losses += 1
            link.reset()
        return not link.deaf


class _Link:
    """One connection, with its two ends."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writers = [writer]
        self.deaf = False  # the next answer is lost

    def reset(self) -> None:
        """Close both ends at once, as a host does that knows of no connection."""
        for writer in self.writers:
            raw = writer.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
