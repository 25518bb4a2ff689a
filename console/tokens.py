"""API tokens: made once, shown once, kept as a hash, asked at every request.

Called by `console.actions.tokens` (make, revoke), by the JSON API (who is this?) and by
nothing else. A token is `dur_` and 43 random characters (256 bits): too many to guess,
so that one round of SHA-256 is enough of a hash. Never logs or stores the text.
"""

import hashlib
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError, router, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare

from console.actors import Actor
from console.conf import TOKEN_USE_SECONDS
from console.models import ApiToken
from console.permissions import Permission, may
from durable_engine.clock import from_epoch, wall_epoch
from durable_engine.ids import check_key

logger = logging.getLogger(__name__)

MARK = "dur_"
"""How every token begins, so that scanners find one that leaked."""

_SECRET_BYTES = 32
_PREFIX_CHARACTERS = len(MARK) + 8
_LENGTH = len(MARK) + 43  # what 32 bytes are in URL-safe base64


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenOrder:
    """What kind of token is wanted."""

    user: AbstractBaseUser  # in whose name it acts
    name: str  # what it is for, 1 to 255 printable characters
    permissions: tuple[Permission, ...]  # at least one, all the user's own
    expires_at: datetime | None = None  # aware; None: never


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A new token with its text, which nobody can read again."""

    token: ApiToken
    text: str

    def __repr__(self) -> str:
        """Name the token without its text, which must not get into a log."""
        return f"<IssuedToken {self.token}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Who a valid token stands for."""

    token_id: int
    user: AbstractBaseUser
    scope: frozenset[str]  # names of permissions; never more than the user has


def new_text() -> str:
    """Return the text of a new token."""
    return MARK + secrets.token_urlsafe(_SECRET_BYTES)


def prefix_of(text: str) -> str:
    """Return the part of a token's text that lists and entries may show."""
    return text[:_PREFIX_CHARACTERS]


def permissions_named(names: Iterable[str]) -> tuple[Permission, ...]:
    """Read permissions by full name, or without the app's label: `view_workflow`.

    Raises:
        ValueError: there is none of that name.
    """
    known = {permission.value: permission for permission in Permission}
    known |= {value.partition(".")[2]: one for value, one in known.items()}
    found = []
    for name in names:
        if name not in known:
            choices = ", ".join(permission.value for permission in Permission)
            message = f"there is no permission {name!r}; there are: {choices}"
            raise ValueError(message)
        found.append(known[name])
    return tuple(dict.fromkeys(found))


def issue(order: TokenOrder, text: str) -> IssuedToken:
    """Store a new token under its hash.

    Raises:
        ValueError: the name or expiry is not valid, the user is not active, or a
            permission is none of the user's.
    """
    _check(order)
    token = ApiToken.objects.create(
        user_id=order.user.pk,
        name=order.name,
        prefix=prefix_of(text),
        digest=_digest(text),
        permissions=[permission.value for permission in order.permissions],
        expires_at=order.expires_at,
    )
    return IssuedToken(token=token, text=text)


def revoke(token_id: int) -> bool:
    """End a token at once; tell whether it was not ended by hand before."""
    valid = ApiToken.objects.filter(pk=token_id, revoked_at__isnull=True)
    return bool(valid.update(revoked_at=Now()))


def bearer_of(text: str) -> Bearer | None:
    """Tell who holds this text; None: unknown, revoked, expired, or an inactive user.

    Notes the use, at most once in `TOKEN_USE_SECONDS`.
    """
    if len(text) != _LENGTH or not text.startswith(MARK) or not text.isascii():
        return None
    digest = _digest(text)
    unused = Q(last_used_at__isnull=True)
    unused |= Q(last_used_at__lte=Now() - timedelta(seconds=TOKEN_USE_SECONDS))
    valid = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
    found = ApiToken.objects.filter(valid, digest=digest, revoked_at__isnull=True)
    token = found.annotate(stale=unused).select_related("user").first()
    if token is None or not constant_time_compare(token.digest, digest):
        return None
    if not token.user.is_active:
        return None
    if token.stale:
        _note_use(token.pk, unused)
    scope = frozenset(token.permissions)
    return Bearer(token_id=token.pk, user=token.user, scope=scope)


def _check(order: TokenOrder) -> None:
    check_key(order.name, what="the name of a token")
    if not order.permissions:
        message = "a token needs at least one permission"
        raise ValueError(message)
    if not order.user.is_active:
        message = f"user {order.user.get_username()!r} is not active"
        raise ValueError(message)
    if order.expires_at is not None and order.expires_at.tzinfo is None:
        message = f"expires_at must be an aware datetime, not {order.expires_at!r}"
        raise ValueError(message)
    if order.expires_at is not None and order.expires_at <= from_epoch(wall_epoch()):
        message = f"expires_at is past: {order.expires_at.isoformat()}"
        raise ValueError(message)
    holder = Actor(user=order.user, via="api", address=None)
    lacking = [one.value for one in order.permissions if not may(holder, one)]
    if lacking:
        name = order.user.get_username()
        message = f"user {name!r} has no permission {lacking[0]!r} to pass on"
        raise ValueError(message)


def _note_use(token_id: int, unused: Q) -> None:
    """Write down that a token is in use; a database that is busy does not matter."""
    try:
        with transaction.atomic(using=router.db_for_write(ApiToken)):
            rows = ApiToken.objects.filter(unused, pk=token_id)
            rows.update(last_used_at=Now())
    except DatabaseError:
        logger.warning("The use of token %d was not noted", token_id, exc_info=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
