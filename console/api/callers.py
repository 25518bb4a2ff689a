"""Who calls the API: by a token in the header, or by a browser's session.

A header `Authorization: Bearer …` decides alone; what came with a cookie is then not
looked at, and needs no CSRF token. Without it the session counts, and every method
that changes something needs the CSRF token of the session.
"""

from dataclasses import dataclass

from django.contrib.auth import get_user
from django.http import HttpRequest
from django.urls import reverse
from ninja.utils import check_csrf

from console import tokens
from console.actors import Actor, actor_of
from console.api import throttling
from console.api.problems import Problem
from console.permissions import Permission, may
from durable_engine.errors import NotAuthorized

_SAFE = ("GET", "HEAD", "OPTIONS")
_CHALLENGE = 'Bearer realm="durable"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody with a name, and where the console is mounted for him."""

    actor: Actor
    ident: str  # whose requests are counted together
    home: str  # the path of the console's first page

    def may(self, permission: Permission, target: str = "") -> bool:
        """Tell whether the caller may do this to a target, or to any at all."""
        return may(self.actor, permission, target)

    def require(self, permission: Permission, target: str = "") -> None:
        """Refuse who may not.

        Raises:
            NotAuthorized: the permission is missing.
        """
        if not self.may(permission, target):
            raise NotAuthorized(action=permission.value, user=self.actor.name)


class ApiRequest(HttpRequest):
    """A request whose caller is known."""

    auth: Caller


def authenticate(request: HttpRequest) -> Caller:
    """Find out who calls, and count the call.

    Raises:
        Problem: 401, nobody we know; 403, without the CSRF token; 429, too often.
    """
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    home = home_of(request)
    if scheme.lower() == "bearer":
        return _by_token(request, text.strip(), home)
    if not request.user.is_authenticated:
        detail = "Send a token as “Authorization: Bearer …”, or log in."
        raise Problem(401, detail, headers={"WWW-Authenticate": _CHALLENGE})
    if request.method not in _SAFE and check_csrf(request) is not None:
        detail = (
            "A session changes something only with its CSRF token, in the header "
            "X-CSRFToken. Programs use an API token."
        )
        raise Problem(403, detail, kind="csrf-failed")
    ident = f"user.{request.user.pk}"
    throttling.count(ident)
    return Caller(actor=actor_of(request, via="api"), ident=ident, home=home)


def authenticate_again(request: HttpRequest) -> Caller:
    """Find out whether who called still may: for answers that last.

    Reads token, session and user from the database, not from the request.

    Raises:
        Problem: as `authenticate`.
    """
    session = getattr(request, "session", None)
    if session is not None:
        request.session = type(session)(session.session_key)
        request.user = get_user(request)
    return authenticate(request)


def home_of(request: HttpRequest) -> str:
    """Return the path below which this request found the console."""
    match = request.resolver_match
    namespace = match.namespace if match is not None else None
    return reverse("durable_console:index", current_app=namespace)


def _by_token(request: HttpRequest, text: str, home: str) -> Caller:
    bearer = tokens.bearer_of(text)
    if bearer is None:
        raise Problem(
            401,
            "The token is unknown, revoked or expired.",
            kind="invalid-token",
            headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'},
        )
    request.user = bearer.user  # type: ignore[assignment]  # whatever the model is
    ident = f"token.{bearer.token_id}"
    throttling.count(ident)
    actor = actor_of(request, via="api", scope=bearer.scope)
    return Caller(actor=actor, ident=ident, home=home)
