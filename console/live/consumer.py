"""The socket of a console page.

The page says what it shows, as `{"watch": {key: version, …}}`, once it is connected
and whenever that changes; it gets HTML with the pieces that have changed since. Nothing
a page sends is executed, stored or repeated to others.
"""

import asyncio
import json
import logging
from collections import deque
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from console import conf
from console.fragments.catalogue import admissible
from console.live.doors import Guest, guest_of, refusal
from console.live.seats import seats
from console.live.watchers import hall

logger = logging.getLogger(__name__)

TOO_BIG = 1009
POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013


class ConsoleConsumer(AsyncWebsocketConsumer):
    """One socket of one page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arrivals: deque[float] = deque(maxlen=conf.MESSAGES_PER_WINDOW)
        self._guard: asyncio.Task[None] | None = None
        self._open = False
        self._guest: Guest | None = None
        self._seated = ""  # who has taken a seat
        self._watched: dict[str, str] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket until it is closed, and leave nothing behind."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stop()

    async def connect(self) -> None:
        """Accept who may watch; refuse others before the handshake ends."""
        code = await database_sync_to_async(refusal)(self.scope)
        if code is not None:
            await self.close(code=code)
            return
        guest = await database_sync_to_async(guest_of)(self.scope)
        if guest is None or not seats.take(guest.ident):
            await self.close(code=TRY_AGAIN_LATER)
            return
        self._guest, self._seated = guest, guest.ident
        await self.accept()
        self._open = True
        self._guard = asyncio.create_task(self._stay_on_guard())

    @property
    def zone(self) -> str:
        """In which time zone its reader sees times."""
        return self._guest.zone if self._guest else ""

    async def disconnect(self, code: int) -> None:
        """Forget what the page watched."""
        del code
        self._stop()

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        """Take note of what the page shows; anything else is ignored."""
        if not self._open:
            return
        if len(text_data or bytes_data or "") > conf.MESSAGE_BYTES:
            await self._refuse(TOO_BIG)
        elif self._too_many():
            await self._refuse(POLICY_VIOLATION)
        elif (versions := _versions(text_data)) is not None:
            self._watched = await self._admitted(versions)
            if self._open:
                hall().watch(self, self._watched)

    async def show(self, html: str) -> None:
        """Send changed pieces to the page."""
        if self._open:
            await self.send(text_data=json.dumps({"content": html}))

    async def _stay_on_guard(self) -> None:
        while True:
            await asyncio.sleep(conf.RECHECK_SECONDS)
            try:
                code = await database_sync_to_async(self._refusal)()
            except Exception:
                # Who cannot be checked may not go on watching.
                logger.exception("Checking an open socket again")
                code = TRY_AGAIN_LATER
            if code is not None:
                await self._refuse(code)
                return

    def _refusal(self) -> int | None:
        """Check the socket again; the page connects anew where its limits moved."""
        code, guest = refusal(self.scope), guest_of(self.scope)
        if code is not None or guest is None or self._guest is None:
            return code or TRY_AGAIN_LATER
        moved = guest.payloads is not self._guest.payloads
        if moved or len(admissible(self._watched, guest.actor)) < len(self._watched):
            return TRY_AGAIN_LATER
        self._guest = guest
        return None

    async def _admitted(self, versions: dict[str, str]) -> dict[str, str]:
        if self._guest is None:
            return {}
        return await database_sync_to_async(admissible)(versions, self._guest.actor)

    async def _refuse(self, code: int) -> None:
        self._open = False
        hall().leave(self)
        await self.close(code=code)

    def _too_many(self) -> bool:
        now = asyncio.get_running_loop().time()
        full = len(self._arrivals) == conf.MESSAGES_PER_WINDOW
        crowded = full and now - self._arrivals[0] < conf.WINDOW_SECONDS
        self._arrivals.append(now)
        return crowded

    def _stop(self) -> None:
        self._open = False
        hall().leave(self)
        if self._seated:
            seats.give_back(self._seated)
            self._seated = ""
        if self._guard is not None:
            self._guard.cancel()
            self._guard = None


def _versions(text: str | None) -> dict[str, str] | None:
    try:
        watch = json.loads(text or "")["watch"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not isinstance(watch, dict):
        return None
    if not all(isinstance(version, str) for version in watch.values()):
        return None
    return watch
