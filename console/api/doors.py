"""What every address of the API does first and last.

First: no log-in page, no transaction around the request, a body that is JSON, and HEAD
is GET. Last: errors that Django or ninja answer by themselves become problems, OPTIONS
is told what is possible, and headers keep answers out of caches and frames.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponsePermanentRedirect,
)
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.encoding import escape_uri_path

from console.api.bodies import check_body
from console.api.problems import Problem, answer
from console.headers import harden

View = Callable[..., HttpResponseBase]
AsyncView = Callable[..., Awaitable[HttpResponseBase]]

_WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")


class _EveryAlias:
    """Contains every alias: actions bring their own transactions."""

    def __contains__(self, alias: object) -> bool:
        return True


def door(view: Any) -> Any:
    """Wrap a view of the API, of either kind."""
    if iscoroutinefunction(view):

        @wraps(view)
        async def answer_async(
            request: HttpRequest, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            method = _opened(request)
            try:
                _check(request)
                response = await view(request, *args, **kwargs)
            except Exception as error:  # noqa: BLE001 - it is logged and signalled
                response = answer(request, error)
            return _finished(request, response, method)

        return _marked(answer_async)

    @wraps(view)
    def answer_sync(
        request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        method = _opened(request)
        try:
            _check(request)
            response = view(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - it is logged and signalled
            response = answer(request, error)
        return _finished(request, response, method)

    return _marked(answer_sync)


def nothing_here(request: HttpRequest, path: str) -> HttpResponse:
    """Answer for addresses below the API that do not exist.

    One with a slash too much at its end leads to the one without.
    """
    if path.endswith("/"):
        query = request.META.get("QUERY_STRING", "")
        address = escape_uri_path(request.path.removesuffix("/"))
        address += f"?{query}" if query else ""
        return HttpResponsePermanentRedirect(address, preserve_request=True)
    detail = f"There is nothing at {path[:200]!r} in this API; see docs for what is."
    return Problem(404, detail).response(request)


def _marked(view: Any) -> Any:
    # Who calls without a session gets 401, not a redirect by `LoginRequiredMiddleware`.
    view.login_required = False
    view.csrf_exempt = True  # sessions are checked where they are read
    view._non_atomic_requests = _EveryAlias()  # noqa: SLF001 - Django has no other way
    return view


def _opened(request: HttpRequest) -> str:
    """Let HEAD read what GET reads (servers leave out the body); return the method."""
    method = request.method or ""
    if method == "HEAD":
        request.method = "GET"
    return method


def _check(request: HttpRequest) -> None:
    if request.method in _WITH_BODY:
        check_body(request)


def _finished(
    request: HttpRequest, response: HttpResponseBase, method: str
) -> HttpResponseBase:
    request.method = method
    if isinstance(response, HttpResponseNotAllowed):
        response = _not_allowed(request, response, method)
    elif method == "HEAD" and response.streaming:  # it would not end
        response.close()
        kind = response.headers["Content-Type"]
        response = HttpResponse(content_type=kind, status=response.status_code)
    harden(response)
    if "Cache-Control" not in response.headers:
        add_never_cache_headers(response)
    return response


def _not_allowed(
    request: HttpRequest, response: HttpResponseNotAllowed, method: str
) -> HttpResponse:
    methods = set(response.headers["Allow"].split(", ")) | {"OPTIONS"}
    if "GET" in methods:
        methods.add("HEAD")
    allowed = ", ".join(sorted(methods))
    if method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": allowed})
    detail = f"{method} is not possible here; {allowed} is."
    return Problem(405, detail, headers={"Allow": allowed}).response(request)
