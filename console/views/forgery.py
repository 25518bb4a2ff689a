"""Whether a form was sent by one of our own pages.

The check is Django's own. It is made here, not by the host project's middleware, so
that what was refused is told in the console's words on every site, not by the page of
the project's `CSRF_FAILURE_VIEW`. A site without that middleware is protected too.
"""

import logging

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.log import log_response

from console.views import troubles

logger = logging.getLogger(__name__)


class _Check(CsrfViewMiddleware):
    """Django's check, with our own answer."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        response = troubles.csrf_failure(request, reason)
        log_response(
            "Forbidden (%s): %s",
            reason,
            request.path,
            response=response,
            request=request,
            logger=logger,
        )
        return response


def _no_page(request: HttpRequest) -> HttpResponse:
    """Stand where the middleware expects the rest of the site."""
    del request
    return HttpResponse()


_check = _Check(_no_page)


def refusal(request: HttpRequest) -> HttpResponseBase | None:
    """Return what to answer to a form that is not ours; None: it is, or is none."""
    _check.process_request(request)
    return _check.process_view(request, _no_page, (), {})


def keep_secret(request: HttpRequest, response: HttpResponseBase) -> None:
    """Send the cookie that the page's forms are compared with, if it needs one."""
    _check.process_response(request, response)
