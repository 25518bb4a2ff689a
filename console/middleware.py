"""Middleware of the bundled site; host projects may use it too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from console.headers import harden


class SecurityHeadersMiddleware:
    """Sets the strict Content-Security-Policy of `console.headers` on every page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request and add what the answer does not set itself."""
        response = self._get_response(request)
        harden(response)
        return response
