"""`--user`: every word asks; refused attempts and acts are on record."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

import durable_engine as durable
from console.models import AuditEntry
from durable_engine import client
from durable_engine.management.shell import acting
from durable_engine.models import Workflow
from durable_engine.records.operators import OperatorAct
from durable_engine.signals import operator_acted, operator_acting
from tests.console import rows
from tests.console.conftest import make_user
from tests.management.conftest import checkout, run, tell

pytestmark = pytest.mark.usefixtures("engine_database")

WRITES = [
    (("workflow", "start", "commands.checkout", "--id", "new"), "start_workflow"),
    (("workflow", "send", "active", "1"), "send_message"),
    (("workflow", "cancel", "active"), "cancel_workflow"),
    (("workflow", "resume", "active"), "resume_workflow"),
    (("workflow", "restart", "done"), "fork_workflow"),
    (("workflow", "fork", "done", "--step", "1"), "fork_workflow"),
    (("workflow", "retry", "done"), "fork_workflow"),
    (("workflow", "recover", "dead:1"), "resume_workflow"),
    (("workflow", "prune", "--days", "9999"), "delete_workflow"),
    (("workflow", "delete", "done", "--yes"), "delete_workflow"),
    (("queue", "pause", "commands.mail"), "manage_queue"),
    (("queue", "resume", "commands.mail"), "manage_queue"),
    (("queue", "set", "commands.mail", "--concurrency", "1"), "manage_queue"),
    (("schedule", "pause", "nightly"), "manage_schedule"),
    (("schedule", "resume", "nightly"), "manage_schedule"),
    (("schedule", "trigger", "nightly"), "manage_schedule"),
    (
        (
            *("schedule", "backfill", "nightly"),
            *("--start", "2026-11-01T00:00:00Z", "--end", "2026-11-02T00:00:00Z"),
        ),
        "manage_schedule",
    ),
    (("schedule", "delete", "nightly"), "manage_schedule"),
]
READS = [
    ("workflow", "list"),
    ("workflow", "get", "done"),
    ("workflow", "steps", "done"),
    ("workflow", "events", "done"),
    ("workflow", "messages", "done"),
    ("workflow", "streams", "done"),
    ("workflow", "children", "done"),
    ("queue", "list"),
    ("schedule", "list"),
    ("schedule", "get", "nightly"),
    ("schedule", "history", "nightly"),
    ("executor", "list"),
    ("app_version", "list"),
]


@durable.workflow(name="commands.nightly")
def nightly(scheduled_at, context):
    return context


@pytest.fixture
def somebody(engine_database: str) -> User:
    """May do nothing; something of each kind is there."""
    del engine_database
    client.create_schedule(
        schedule_name="nightly", workflow_fn=nightly, schedule="0 3 * * *", context=1
    )
    rows.executor("dead:1", alive=False)
    rows.workflow("owned", "PENDING", executor_id="dead:1")
    rows.workflow("active", "ENQUEUED")
    run("done", checkout, "secret")
    return make_user("somebody")


def grant(user: User, *permissions: str) -> None:
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))


def entries() -> list[tuple[str, ...]]:
    found = AuditEntry.objects.order_by("id")
    return list(found.values_list("actor", "via", "action", "reason", "outcome"))


def test_writes_without_permission_change_nothing_and_leave_an_entry(somebody):
    before = list(Workflow.objects.order_by("id").values())
    for arguments, permission in WRITES:
        told = tell(*arguments, "--user", "somebody", "--reason", "why not")
        assert (told.status, told.out) == (1, ""), arguments
        assert f"durable_engine.{permission}" in told.err
        assert "User 'somebody' may not do this" in told.err
        actor, via, _, reason, outcome = entries()[-1]
        assert (actor, via, reason, outcome) == (
            "somebody",
            "command",
            "why not",
            "refused",
        )
    assert len(entries()) == len(WRITES)
    assert list(Workflow.objects.order_by("id").values()) == before
    assert client.get_schedule("nightly").status == "ACTIVE"


def test_writes_with_permission_leave_an_entry_with_the_reason(somebody):
    grant(somebody, *{permission for _, permission in WRITES})
    for arguments, _ in WRITES:
        told = tell(*arguments, "--user", "somebody", "--reason", "asked to")
        assert told.status == 0, (arguments, told.err)
        assert entries()[-1][:2] == ("somebody", "command"), arguments
        assert entries()[-1][3:] == ("asked to", "done"), arguments
    assert len(entries()) == len(WRITES)
    assert "; at the shell of " in AuditEntry.objects.get(target_id="new").detail
    assert durable.get_workflow_status("new").started_by == "somebody"


def test_reads_ask_too_and_payloads_for_more(somebody):
    for arguments in READS:
        told = tell(*arguments, "--user", "somebody")
        assert (told.status, told.out) == (1, ""), arguments
        assert "durable_engine.view_workflow" in told.err
    assert {entry[4] for entry in entries()} == {"refused"}
    grant(somebody, "view_workflow")
    for arguments in READS:
        told = tell(*arguments, "--user", "somebody", "--json")
        hidden = arguments[1] in ("events", "messages", "streams")
        assert told.status == (1 if hidden else 0), (arguments, told.err)
        assert "secret" not in told.out
    for told in (
        tell("workflow", "steps", "done", "--user", "somebody"),
        tell("workflow", "get", "done", "--user", "somebody"),
        tell("workflow", "list", "--load-output", "--json", "--user", "somebody"),
    ):
        assert told.status == 0
        assert "secret" not in told.out
    assert "Payloads are hidden: somebody lacks the permission" in told.err
    for telling in (["--search", "x"], ["--attributes", "{}"]):
        told = tell("workflow", "list", *telling, "--user", "somebody")
        assert told.status == 1
        assert "durable_engine.view_payload" in told.err
    grant(somebody, "view_workflow", "view_payload")
    told = tell("workflow", "get", "done", "--user", "somebody", "--json")
    assert told.json["output"] == {"paid": "secret"}
    told = tell("schedule", "get", "nightly", "--user", "somebody", "--json")
    assert told.json["context"] == 1


def test_somebody_at_the_shell_is_trusted_and_named(somebody):
    assert tell("workflow", "cancel", "active", "done").status == 1
    seat = AuditEntry.objects.latest("id").actor
    assert "@" in seat
    assert entries() == [
        (seat, "command", "cancel_workflow", "", "done"),
        (seat, "command", "cancel_workflow", "", "unchanged"),
    ]
    told = tell("workflow", "list", "--user", "nobody")
    assert (told.status, told.err) == (2, "UsageError: There is no user 'nobody'.\n")


def spares_done(actor: Any, permission: Any, target: str) -> bool:
    """A project's own rule."""
    del actor, permission
    return target != "done"


def test_rules_of_the_project_protect_single_workflows(somebody, settings):
    settings.DURABLE_CONSOLE = {"PERMISSIONS": f"{__name__}.spares_done"}
    told = tell("workflow", "delete", "done", "active", "--yes", "--json")
    assert told.json == {
        "changed": ["active"],
        "unchanged": {"done": acting.NOT_PERMITTED},
    }
    assert [entry[4] for entry in entries()] == ["refused", "done"]
    assert tell("workflow", "get", "done").status == 1


def test_without_the_console_django_decides_and_nobody_records(somebody, monkeypatch):
    """Other receivers, which have no say, change nothing in that."""
    seen: list[OperatorAct] = []
    for signal in (operator_acting, operator_acted):
        monkeypatch.setattr(signal, "receivers", [])
        signal.sender_receivers_cache.clear()

    def listener(act: OperatorAct, **_: Any) -> None:
        seen.append(act)

    operator_acting.connect(listener)
    assert tell("workflow", "cancel", "active", "--user", "somebody").status == 1
    grant(somebody, "cancel_workflow")
    assert tell("workflow", "cancel", "active", "--user", "somebody").status == 0
    assert tell("workflow", "resume", "active").status == 0
    assert [act.action for act in seen] == ["cancel_workflow"] * 2 + ["resume_workflow"]
    assert entries() == []


def test_what_cannot_be_recorded_is_not_done(somebody, monkeypatch):
    def fails(*_: Any, **__: Any) -> None:
        message = "disk full"
        raise RuntimeError(message)

    monkeypatch.setattr("console.actions.commands.note", fails)
    for arguments in (
        ("workflow", "cancel", "active"),
        ("workflow", "start", "commands.checkout", "--id", "new"),
        ("queue", "pause", "commands.mail"),
    ):
        with pytest.raises(RuntimeError, match="disk full"):
            tell(*arguments)
    assert durable.get_workflow_status("active").status == "ENQUEUED"
    assert durable.get_workflow_status("new") is None
    assert not any(one.paused for one in client.list_queues())
