"""Addresses of the console's sockets, which match under any mount point."""

from typing import Any

from django.urls import re_path

from console.live.consumer import ConsoleConsumer

_socket: Any = ConsoleConsumer.as_asgi()

# Django's patterns with ASGI applications in them, for which Channels has no public type.
websocket_urlpatterns: list[Any] = [re_path(r"^(?:.*/)?ws/$", _socket)]
