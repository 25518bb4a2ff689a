"""Addresses of the console's sockets, which match under any mount point."""

from typing import Any

websocket_urlpatterns: list[Any] = []
