"""Who may open a socket, and whether whoever opened it still may.

Called by the consumer before it accepts, and again on a timer while it is open. Needs
no middleware of Channels: origin, session and permission are read from the handshake
itself, and from the database each time, so that a log-out, a new password, a
deactivated user or a withdrawn permission closes the socket.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import DisallowedHost, ValidationError
from django.http import HttpRequest, parse_cookie
from django.utils.crypto import constant_time_compare
from django.utils.http import is_same_domain

from console import zones
from console.actors import Actor
from console.permissions import Permission, may
from console.queries import preferences

UNAUTHENTICATED = 4401
FORBIDDEN = 4403

Scope = Mapping[str, Any]


def refusal(scope: Scope) -> int | None:
    """Return the close code for who may not (any longer) watch; None: welcome.

    Reads the database: not to be called on an event loop.
    """
    if not same_origin(scope):
        return FORBIDDEN
    user = user_of(scope)
    if user is None:
        return UNAUTHENTICATED
    actor = Actor(user=user, via="console", address=None)
    return None if may(actor, Permission.VIEW_WORKFLOW) else FORBIDDEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Whoever opened a socket, as he is known now."""

    actor: Actor
    zone: str  # in which he sees times; "": the site's
    payloads: bool  # whether he may see payloads

    @property
    def ident(self) -> str:
        """Names him among all."""
        return str(self.actor.user.pk)


def guest_of(scope: Scope) -> Guest | None:
    """Read who opened the socket; None: nobody who may.

    Reads the database: not to be called on an event loop.
    """
    user = user_of(scope)
    if user is None:
        return None
    actor = Actor(user=user, via="console", address=None)
    cookie = _cookie(scope, zones.COOKIE)
    return Guest(
        actor=actor,
        zone=preferences.reading_zone(user.pk, cookie),
        payloads=may(actor, Permission.VIEW_PAYLOAD),
    )


def same_origin(scope: Scope) -> bool:
    """Tell whether a page of this site opened the socket: scheme, host and port.

    A handshake without an origin is refused: every browser sends one. Trusted besides
    are the origins that the project trusts with its forms.

    Source: `CsrfViewMiddleware`, which compares in the same way.
    """
    origin = _header(scope, b"origin")
    parts = urlsplit(origin)
    if not parts.scheme or not parts.netloc:
        return False
    request = _Handshake(scope)
    try:
        host = request.get_host()
    except DisallowedHost:
        return False
    scheme = "https" if request.is_secure() else "http"
    return origin == f"{scheme}://{host}" or _trusted(parts.scheme, parts.netloc)


def user_of(scope: Scope) -> AbstractBaseUser | None:
    """Read who the session in the handshake's cookie belongs to now.

    Returns: None without a session, for an unknown, inactive or changed user, and
        after a log-out.
    """
    key = _cookie(scope, settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    path = session.get(BACKEND_SESSION_KEY)
    if path not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        user_id = get_user_model()._meta.pk.to_python(session[SESSION_KEY])  # noqa: SLF001
    except (KeyError, ValidationError):
        return None
    user = load_backend(path).get_user(user_id)
    return user if user is not None and _unchanged(user, session) else None


def _unchanged(user: AbstractBaseUser, session: Mapping[str, Any]) -> bool:
    # Reading only: Django's own `get_user` would cycle or flush the session.
    given = session.get(HASH_SESSION_KEY, "")
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(given, known) for known in hashes)


def _trusted(scheme: str, netloc: str) -> bool:
    trusted = map(urlsplit, settings.CSRF_TRUSTED_ORIGINS)
    return any(
        scheme == known.scheme and is_same_domain(netloc, known.netloc.lstrip("*"))
        for known in trusted
    )


def _cookie(scope: Scope, name: str) -> str:
    # Not `SimpleCookie`, which stops at the first cookie of another that it dislikes.
    return parse_cookie(_header(scope, b"cookie")).get(name, "")


def _header(scope: Scope, name: bytes) -> str:
    values = [value for key, value in scope.get("headers", ()) if key == name]
    return values[0].decode("latin1") if len(values) == 1 else ""


class _Handshake(HttpRequest):
    """The handshake as a request, so that Django decides on host and scheme."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._websocket_scheme = scope.get("scheme", "ws")
        host, port = scope.get("server") or ("", 0)
        self.META = {"SERVER_NAME": host, "SERVER_PORT": str(port or 0)}
        for key, value in scope.get("headers", ()):
            name = f"HTTP_{key.decode('latin1').upper().replace('-', '_')}"
            self.META[name] = value.decode("latin1")

    def _get_scheme(self) -> str:
        return "https" if self._websocket_scheme == "wss" else "http"
