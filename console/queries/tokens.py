"""Which API tokens there are."""

from django.db.models import Q
from django.db.models.functions import Now

from console.actors import Actor
from console.conf import TOKEN_ROWS
from console.models import ApiToken
from console.permissions import Permission, may
from console.tables.tokens import TokenRow


def visible_to(actor: Actor) -> list[TokenRow]:
    """Read the tokens that somebody may see, the newest first, `TOKEN_ROWS` at most.

    His own; a superuser, who manages them, and somebody at a shell see all.
    """
    found = ApiToken.objects.select_related("user").order_by("-created_at", "-id")
    if not _sees_all(actor):
        found = found.filter(Q(user_id=actor.user.pk))
    expired = Q(expires_at__isnull=False, expires_at__lte=Now())
    return [
        TokenRow(
            id=token.pk,
            name=token.name,
            prefix=token.prefix,
            username=token.user.get_username(),
            own=token.user_id == actor.user.pk,
            permissions=tuple(token.permissions),
            created_at=token.created_at,
            expires_at=token.expires_at,
            revoked_at=token.revoked_at,
            last_used_at=token.last_used_at,
            expired=token.is_expired,
        )
        for token in found.annotate(is_expired=expired)[:TOKEN_ROWS]
    ]


def _sees_all(actor: Actor) -> bool:
    trusted = actor.user.is_anonymous or getattr(actor.user, "is_superuser", False)
    return bool(trusted) and may(actor, Permission.MANAGE_TOKEN)
