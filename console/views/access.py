"""What every page does first: form secret, log-in, permission, security headers.

All views are wrapped by `guarded`; `tests/console/test_views.py` walks the URL patterns to
prove it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from console import zones
from console.actors import Actor, actor_of
from console.audit import Act, Outcome, Verdict, note
from console.headers import harden
from console.permissions import Permission, may
from console.queries.preferences import reading_zone
from console.views import forgery, troubles
from console.views.pages import asked_by_htmx, render_denied, render_problem

_OF_WORKFLOWS = ("cancel", "resume", "restart", "fork", "retry", "delete", "start")
_OF_SCHEDULES = ("pause", "resume", "trigger", "backfill")
_ATTEMPTS = {
    **{word: (f"{word}_workflow", "workflow") for word in _OF_WORKFLOWS},
    **{f"{word}_schedule": (f"{word}_schedule", "schedule") for word in _OF_SCHEDULES},
    "send": ("send_message", "workflow"),
    "bulk_act": ("act_on_workflows", "workflow"),
    "queue": ("set_queue_limits", "queue"),
    "pause_queue": ("pause_queue", "queue"),
    "resume_queue": ("resume_queue", "queue"),
    "resume_stranded": ("resume_workflow", "version"),
}
"""What the audit trail calls a form, and what kind of thing it acts on; by address."""

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def guarded(*permissions: Permission) -> Callable[[View[P]], View[P]]:
    """Let a view answer only users with all of these permissions.

    A project's own resolver is asked about the workflow, queue or schedule that the
    address names. Others get the log-in page, as a page or as an instruction to htmx,
    or a page that names the missing permission; a form that they sent is on record as
    a refused attempt, unless it came from another site. Times are written and read in the user's time zone. What the
    database cannot do becomes a page that says so.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def answer(
            request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            target = str(kwargs.get("workflow_id") or kwargs.get("name") or "")
            response: HttpResponseBase
            try:
                refusal = forgery.refusal(request) or _refusal(
                    request, permissions, target
                )
                if refusal is None and "\0" in target:  # PostgreSQL takes it nowhere
                    missing = {"workflow_id": target}
                    refusal = render_problem(
                        request, "workflow/missing", missing, status=404
                    )
                if refusal is not None:
                    response = refusal
                else:
                    with zones.seen_in(_zone(request)):
                        response = view(request, *args, **kwargs)
            except troubles.TROUBLES as trouble:
                response = troubles.answer(request, trouble)
            forgery.keep_secret(request, response)
            harden(response)
            add_never_cache_headers(response)
            return response

        # `LoginRequiredMiddleware` would redirect htmx to a page it cannot show.
        setattr(answer, "login_required", False)  # noqa: B010 - for Django
        setattr(answer, "csrf_exempt", True)  # noqa: B010 - checked by `forgery`
        setattr(answer, "permissions", permissions)  # noqa: B010 - for our tests
        return answer

    return decorate


def _zone(request: HttpRequest) -> str:
    user_id: Any = request.user.pk
    return reading_zone(user_id, request.COOKIES.get(zones.COOKIE, ""))


def _refusal(
    request: HttpRequest, permissions: tuple[Permission, ...], target: str
) -> HttpResponse | None:
    if not request.user.is_authenticated:
        return _log_in(request)
    actor = actor_of(request)
    lacking = [name for name in permissions if not may(actor, name, target)]
    if lacking:
        _note_attempt(request, actor, lacking[0], target)
        return render_denied(request, lacking[0].value)
    return None


def _note_attempt(
    request: HttpRequest, actor: Actor, permission: Permission, target: str
) -> None:
    """Leave an entry of a form that went no further than this door."""
    match = request.resolver_match
    attempt = _ATTEMPTS.get((match and match.url_name) or "")
    if request.method != "POST" or attempt is None:
        return
    action, kind = attempt
    act = Act(action=action, target_type=kind, reason=request.POST.get("reason", ""))
    verdict = Verdict(outcome=Outcome.REFUSED, detail=permission.value)
    note(actor, act, {target: verdict})


def _log_in(request: HttpRequest) -> HttpResponse:
    if not asked_by_htmx(request):
        return redirect_to_login(request.get_full_path())
    # The page that was open, not the piece of it that htmx asked for.
    page = request.headers.get("HX-Current-URL", request.get_full_path())
    path = "/" + page.partition("://")[2].partition("/")[2].lstrip("/")
    path = path if "://" in page else page
    if not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        path = request.get_full_path()
    query = urlencode({"next": path})
    response = HttpResponse(status=401)
    response["HX-Redirect"] = f"{resolve_url(settings.LOGIN_URL)}?{query}"
    return response
