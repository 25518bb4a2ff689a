"""The tokens service: shown once, kept as a hash, never more than its user may."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db.models.functions import Now

from console import tokens
from console.actions import tokens as acting
from console.actors import Actor
from console.models import ApiToken, AuditEntry
from console.permissions import Permission
from console.queries.tokens import visible_to
from console.tokens import TokenOrder, bearer_of, permissions_named
from durable_engine.clock import from_epoch, wall_epoch
from durable_engine.errors import NotAuthorized
from tests.console.conftest import make_user
from tests.console.recording import recorded_queries

VIEW = Permission.VIEW_WORKFLOW
SHELL = Actor(user=AnonymousUser(), via="command", address=None, label="root@host")


@pytest.fixture
def ada(engine_database: str) -> User:
    del engine_database
    return make_user("ada", "view_workflow", "cancel_workflow", "manage_token")


def order(user: User, **more: Any) -> TokenOrder:
    return TokenOrder(user=user, **{"name": "deploy", "permissions": (VIEW,), **more})


def actor(user: User, *scope: Permission) -> Actor:
    names = frozenset(one.value for one in scope)
    return Actor(user=user, via="console", address=None, scope=names or None)


def entries() -> list[tuple[str, str, str, str]]:
    found = AuditEntry.objects.order_by("id")
    return list(found.values_list("actor", "action", "outcome", "detail"))


def test_token_is_shown_once_and_opens_what_it_is_for(ada: User) -> None:
    issued = acting.create(actor(ada), order(ada), "for CI")
    assert issued.text.startswith("dur_")
    assert issued.text not in repr(issued)
    row = ApiToken.objects.get()
    assert row.digest == hashlib.sha256(issued.text.encode()).hexdigest()
    assert issued.text not in str(ApiToken.objects.values().get())
    assert row.prefix == issued.text[:12]
    bearer = bearer_of(issued.text)
    assert bearer is not None
    assert (bearer.user, bearer.scope) == (ada, {"durable_engine.view_workflow"})
    entry = AuditEntry.objects.get()
    assert (entry.target_id, entry.reason) == (row.prefix, "for CI")
    assert entry.detail == "'deploy' for ada: durable_engine.view_workflow"


@pytest.mark.parametrize("text", ["", "dur_", "dur_" + "x" * 43, "x" * 47, "dur_é"])
def test_unknown_texts_open_nothing(ada: User, text: str) -> None:
    acting.create(actor(ada), order(ada))
    assert bearer_of(text) is None


def test_revoked_expired_and_deactivated_open_nothing(ada: User) -> None:
    text = acting.create(actor(ada), order(ada)).text
    ApiToken.objects.update(expires_at=Now() + timedelta(hours=1))
    assert bearer_of(text)
    ApiToken.objects.update(expires_at=Now() - timedelta(seconds=1))
    assert bearer_of(text) is None
    ApiToken.objects.update(expires_at=None)
    User.objects.update(is_active=False)
    assert bearer_of(text) is None
    User.objects.update(is_active=True)
    assert bearer_of(text)
    token_id = ApiToken.objects.get().pk
    assert acting.revoke(actor(ada), token_id)
    assert bearer_of(text) is None
    assert not acting.revoke(actor(ada), token_id)
    assert not visible_to(actor(ada))[0].valid


def test_use_is_noted_once_a_minute(ada: User) -> None:
    text = acting.create(actor(ada), order(ada)).text

    def writes_of_one_use() -> int:
        with recorded_queries() as made:
            bearer_of(text)
        return sum(statement.startswith("UPDATE") for statement in made)

    assert [writes_of_one_use() for _ in range(3)] == [1, 0, 0]
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    assert [writes_of_one_use() for _ in range(2)] == [1, 0]


def test_token_passes_on_only_what_its_user_has(ada: User) -> None:
    wanted = order(ada, permissions=(VIEW, Permission.DELETE_WORKFLOW))
    with pytest.raises(ValueError, match="user 'ada' has no permission 'durable_engin"):
        acting.create(actor(ada), wanted)
    assert not ApiToken.objects.exists()
    assert entries()[-1][2] == "failed"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": ""}, "the name of a token must have 1 to 255 characters"),
        ({"name": "a\0b"}, "the name of a token must hold printable characters only"),
        ({"permissions": ()}, "a token needs at least one permission"),
        (
            {"expires_at": from_epoch(wall_epoch()).replace(tzinfo=None)},
            "expires_at must be an aware datetime",
        ),
        ({"expires_at": from_epoch(wall_epoch() - 1)}, "expires_at is past: "),
    ],
)
def test_orders_are_checked(ada: User, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        acting.create(actor(ada), order(ada, **wrong))


def test_making_needs_the_permission_and_revoking_ones_own_does_not(ada: User) -> None:
    bob = make_user("bob", "view_workflow")
    with pytest.raises(NotAuthorized) as refusal:
        acting.create(actor(bob), order(bob))
    assert refusal.value.action == "durable_console.manage_token"
    assert entries()[-1][2] == "refused"
    token = acting.create(SHELL, order(bob)).token
    assert entries()[-1][:2] == ("root@host", "create_token")
    with pytest.raises(NotAuthorized):
        acting.revoke(actor(ada), token.pk)
    assert entries()[-1][2] == "refused"
    assert acting.revoke(actor(bob), token.pk)


def test_tokens_of_others_are_for_superusers(ada: User) -> None:
    bob = make_user("bob", "view_workflow")
    with pytest.raises(NotAuthorized):
        acting.create(actor(ada), order(bob))
    root = User.objects.create_superuser("root")
    token = acting.create(actor(root), order(bob)).token
    assert [row.id for row in visible_to(actor(root))] == [token.pk]
    assert [row.id for row in visible_to(actor(bob))] == [token.pk]
    assert visible_to(actor(ada)) == []
    assert acting.revoke(actor(root), token.pk)


def test_token_makes_no_stronger_token(ada: User) -> None:
    narrow = actor(ada, Permission.MANAGE_TOKEN, VIEW)
    with pytest.raises(NotAuthorized):
        acting.create(narrow, order(ada, permissions=(Permission.CANCEL_WORKFLOW,)))
    made = acting.create(narrow, order(ada)).token
    with pytest.raises(NotAuthorized):
        acting.revoke(actor(ada, VIEW), made.pk)
    assert acting.revoke(narrow, made.pk)


def test_permissions_have_a_short_name() -> None:
    named = permissions_named(["view_workflow", "durable_engine.view_workflow"])
    assert named == (VIEW,)
    with pytest.raises(ValueError, match="there is no permission 'fly'; there are: du"):
        permissions_named(["fly"])


def test_text_is_long_enough() -> None:
    assert len({tokens.new_text() for _ in range(100)}) == 100
