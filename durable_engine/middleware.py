"""Middleware: what is started while a request is served is started by its user.

Listed in `MIDDLEWARE` below `AuthenticationMiddleware`. The user is looked up when a
workflow is started and not before: a request that starts none costs no query.
"""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, cast

from asgiref.sync import markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import LazyObject, empty

from durable_engine.primitives.starting import name_of_starter
from durable_engine.runtime.starters import reset_asker, set_asker

Answer = HttpResponseBase | Awaitable[HttpResponseBase]


class StartedByMiddleware:
    """Records `request.user` as who started the workflows of a request.

    Works under WSGI and ASGI, for views that are functions and coroutines. A user who
    is not logged in is nobody. `SetStartedBy` around a start says otherwise.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Answer]) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:  # noqa: D102 - a middleware
        if iscoroutinefunction(self._get_response):
            return self._serve_async(request)
        token = set_asker(_UserOf(request))
        try:
            return self._get_response(request)
        finally:
            reset_asker(token)

    async def _serve_async(self, request: HttpRequest) -> HttpResponseBase:
        token = set_asker(_UserOf(request))
        try:
            return await cast(
                "Awaitable[HttpResponseBase]", self._get_response(request)
            )
        finally:
            reset_asker(token)


class _UserOf:
    """Asks a request who its user is."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def block(self) -> str | None:
        """Look the user up on this thread."""
        return _name(getattr(self._request, "user", None))

    async def resolve(self) -> str | None:
        """Look the user up without blocking the event loop."""
        user: Any = getattr(self._request, "user", None)
        find = getattr(self._request, "auser", None)
        # Somebody may have put another user there, who needs no looking up.
        unknown = isinstance(user, LazyObject) and vars(user)["_wrapped"] is empty
        if unknown and find is not None:
            user = await find()
        return _name(user)


def _name(user: Any) -> str | None:
    if user is None or not user.is_authenticated:
        return None
    return name_of_starter(user)
