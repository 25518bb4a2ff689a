"""What a request that waits gives back: its thread, and its connections."""

import asyncio
import threading

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import connection, connections  # noqa: TID251 - as a view has them

from console.api.waiting import give_back_thread
from tests.support.programs import PATIENCE_SECONDS


def test_a_waiting_request_keeps_no_thread_and_no_connection(
    engine_database: str,
) -> None:
    del engine_database

    def query() -> tuple[threading.Thread, list[str]]:
        connection.ensure_connection()
        opened = [one.alias for one in connections.all() if one.connection is not None]
        return threading.current_thread(), opened

    async def request() -> tuple[threading.Thread, threading.Thread]:
        async with ThreadSensitiveContext():  # as Django's ASGI handler does
            first, opened = await sync_to_async(query)()
            assert opened == ["default"]
            await give_back_thread()
            await asyncio.to_thread(first.join, PATIENCE_SECONDS)
            assert not first.is_alive()
            second, _ = await sync_to_async(query)()
            await sync_to_async(connections.close_all)()
            return first, second

    first, second = asyncio.run(request())
    assert first is not second
