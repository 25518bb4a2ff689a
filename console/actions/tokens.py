"""Making and revoking API tokens.

Who has `durable_console.manage_token` makes tokens for himself; a superuser who has it
(as all have) also for others. Everybody may revoke his own. Somebody at a shell may do
both for anybody.
"""

from console import tokens
from console.actions.acting import perform
from console.actors import Actor
from console.audit import Act
from console.models import ApiToken
from console.permissions import Permission, may
from console.tokens import IssuedToken, TokenOrder
from durable_engine.errors import NotAuthorized


def create(actor: Actor, order: TokenOrder, reason: str = "") -> IssuedToken:
    """Make a token; its text is in the answer and nowhere else.

    Raises:
        NotAuthorized: the actor may not make tokens, or none for that user, or is
            a token itself with fewer permissions than the new one would have.
        ValueError: the name or expiry is not valid, the user is not active, or a
            permission is none of the user's.
    """
    text = tokens.new_text()
    act = Act(action="create_token", target_type="token", reason=reason)
    names = ", ".join(permission.value for permission in order.permissions)
    detail = f"{order.name!r} for {order.user.get_username()}: {names}"

    def work() -> IssuedToken:
        if not owns_or_oversees(actor, order.user.pk):
            raise _not_his(actor)
        beyond = [one for one in order.permissions if not _may_pass_on(actor, one)]
        if beyond:
            raise NotAuthorized(action=beyond[0].value, user=actor.name)
        return tokens.issue(order, text)

    prefix = tokens.prefix_of(text)
    return perform(actor, act, Permission.MANAGE_TOKEN, prefix, work, detail=detail)


def revoke(actor: Actor, token_id: int, reason: str = "") -> bool:
    """End a token at once; tell whether it was not revoked before.

    Raises:
        NotAuthorized: it is another user's, and the actor no superuser.
        ApiToken.DoesNotExist: there is no such token.
    """
    token = ApiToken.objects.get(pk=token_id)
    act = Act(action="revoke_token", target_type="token", reason=reason)
    own = actor.user.is_authenticated and token.user_id == actor.user.pk
    # A token revokes nothing unless it is made for that, its user's own or not.
    needed = None if own and actor.scope is None else Permission.MANAGE_TOKEN

    def work() -> bool:
        if not owns_or_oversees(actor, token.user_id):
            raise _not_his(actor)
        return tokens.revoke(token_id)

    detail = repr(token.name)
    return perform(actor, act, needed, token.prefix, work, detail=detail)


def owns_or_oversees(actor: Actor, user_id: object) -> bool:
    """Tell whether tokens of that user are the actor's business at all."""
    if actor.user.is_anonymous:
        return may(actor, Permission.MANAGE_TOKEN)  # somebody at a shell
    if actor.user.pk == user_id:
        return True
    superuser = bool(getattr(actor.user, "is_superuser", False))
    return superuser and may(actor, Permission.MANAGE_TOKEN)


def _may_pass_on(actor: Actor, permission: Permission) -> bool:
    return actor.scope is None or permission.value in actor.scope


def _not_his(actor: Actor) -> NotAuthorized:
    return NotAuthorized(action="to manage the tokens of others", user=actor.name)
