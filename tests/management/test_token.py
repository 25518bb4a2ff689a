"""`token`: made, listed and revoked by command."""

import pytest
from django.core.management.base import CommandError

from console.models import ApiToken, AuditEntry
from console.tokens import bearer_of
from durable_engine.management.commands.token import Command
from tests.console.conftest import make_user
from tests.management.conftest import tell

pytestmark = pytest.mark.usefixtures("engine_database")


def create(*more: str) -> tuple[str, ...]:
    return ("token", "create", "ada", "--name", "ci", *more)


def test_without_the_console_it_says_what_is_missing(monkeypatch):
    def missing(label: str) -> None:
        raise LookupError(label)

    monkeypatch.setattr("django.apps.apps.get_app_config", missing)
    with pytest.raises(CommandError) as refusal:
        Command()
    assert str(refusal.value) == (
        "Tokens are of the console's JSON API, and the console is not installed. "
        'Add "console" to INSTALLED_APPS, and migrate.'
    )


def test_a_token_is_shown_once_listed_and_revoked():
    make_user("ada", "view_workflow", "start_workflow")
    told = tell(*create("--permission", "view_workflow", "--reason", "ci"))
    assert told.status == 0
    assert told.err == "Keep it: it is shown this once.\n"
    text = told.out.strip()
    assert bearer_of(text).scope == {"durable_engine.view_workflow"}
    permissions = ("--permission", "view_workflow", "durable_engine.start_workflow")
    second = tell(*create(*permissions, "--days", "30", "--json")).json
    assert len(second["permissions"]) == 2
    assert bearer_of(second["token"]).token_id == second["id"]
    assert second["expires_at"] is not None
    listed = tell("token", "list", "--json").json["items"]
    assert [(one["name"], one["state"]) for one in listed] == [("ci", "valid")] * 2
    assert text not in tell("token", "list").out
    assert text[:12] in tell("token", "list").out
    first = str(listed[1]["id"])
    told = tell("token", "revoke", first, "99", "x", "--json", "--reason", "leaked")
    assert told.status == 1
    assert told.json["changed"] == [first]
    assert set(told.json["unchanged"]) == {"99", "x"}
    assert bearer_of(text) is None
    assert tell("token", "revoke", first).out == (
        f"{first}  left alone: it is revoked already\n"
    )
    acts = AuditEntry.objects.order_by("id").values_list("action", "via", "reason")
    assert list(acts[:3]) == [
        ("create_token", "command", "ci"),
        ("create_token", "command", ""),
        ("revoke_token", "command", "leaked"),
    ]


def test_what_a_token_cannot_be():
    make_user("ada", "view_workflow")
    for more, status, message in (
        (("--permission", "fly"), 2, "there is no permission 'fly'; there are:"),
        (("--permission", "cancel_workflow"), 2, "has no permission"),
        (("--permission", "view_workflow", "--days", "0"), 2, "--days must be above 0"),
        ((), 2, "the following arguments are required: --permission"),
        (("--permission", "view_workflow", "--user", "ada"), 1, "manage_token"),
    ):
        told = tell(*create(*more))
        assert (told.status, told.out) == (status, ""), more
        assert message in told.err
    told = tell("token", "create", "bob", "--name", "x", "--permission", "view_payload")
    assert (told.status, told.err) == (2, "UsageError: There is no user 'bob'.\n")
    assert not ApiToken.objects.exists()


def test_a_user_sees_and_revokes_none_of_somebody_else():
    make_user("ada", "view_workflow")
    make_user("bob", "view_workflow")
    text = tell(*create("--permission", "view_workflow")).out.strip()
    assert tell("token", "list", "--json", "--user", "bob").json["items"] == []
    (token,) = ApiToken.objects.all()
    told = tell("token", "revoke", str(token.pk), "--user", "bob")
    assert told.status == 1
    assert bearer_of(text) is not None
    assert len(tell("token", "list", "--json", "--user", "ada").json["items"]) == 1
    assert tell("token", "revoke", str(token.pk), "--user", "ada").status == 0
    assert bearer_of(text) is None
