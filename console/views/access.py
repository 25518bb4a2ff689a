"""What every page does first: log-in, permission, security headers.

All views are wrapped by `guarded`; `tests/console/test_views.py` walks the URL patterns to
prove it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.cache import add_never_cache_headers
from django.utils.http import urlencode

from console.actors import actor_of
from console.headers import harden
from console.permissions import Permission, may
from console.views.pages import asked_by_htmx, render_problem

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def guarded(*permissions: Permission) -> Callable[[View[P]], View[P]]:
    """Let a view answer only users with all of these permissions.

    A project's own resolver is asked about the workflow, queue or schedule that the
    address names. Others get the log-in page, as a page or as an instruction to htmx, or a page that
    names the missing permission.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def answer(
            request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            target = str(kwargs.get("workflow_id") or kwargs.get("name") or "")
            refusal = _refusal(request, permissions, target)
            response = refusal or view(request, *args, **kwargs)
            harden(response)
            add_never_cache_headers(response)
            return response

        # `LoginRequiredMiddleware` would redirect htmx to a page it cannot show.
        setattr(answer, "login_required", False)  # noqa: B010 - for Django
        setattr(answer, "permissions", permissions)  # noqa: B010 - for our tests
        return answer

    return decorate


def _refusal(
    request: HttpRequest, permissions: tuple[Permission, ...], target: str
) -> HttpResponse | None:
    if not request.user.is_authenticated:
        return _log_in(request)
    actor = actor_of(request)
    lacking = [name for name in permissions if not may(actor, name, target)]
    if lacking:
        context = {"permission": lacking[0].value}
        return render_problem(request, "denied", context, status=403)
    return None


def _log_in(request: HttpRequest) -> HttpResponse:
    if not asked_by_htmx(request):
        return redirect_to_login(request.get_full_path())
    # The page that was open, not the piece of it that htmx asked for.
    page = request.headers.get("HX-Current-URL", request.get_full_path())
    path = "/" + page.partition("://")[2].partition("/")[2] if "://" in page else page
    query = urlencode({"next": path})
    response = HttpResponse(status=401)
    response["HX-Redirect"] = f"{resolve_url(settings.LOGIN_URL)}?{query}"
    return response
