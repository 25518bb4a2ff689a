"""What the admin shows of the engine, to whom, and at what cost."""

import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from durable_engine.admin import lists
from durable_engine.models import (
    ApplicationVersion,
    Executor,
    Queue,
    Schedule,
    Workflow,
)
from durable_engine.store.session import connection_of
from tests.admin.urls import site as plain
from tests.console.conftest import auditor, make_user, stranger
from tests.console.rows import START, workflow, workflows
from tests.support.shop.models import Order

__all__ = ["auditor", "stranger"]

LIST = "admin:durable_engine_workflow_changelist"
PAGE = "admin:durable_engine_workflow_change"
TABLES = (ApplicationVersion, Executor, Queue, Schedule, Workflow)


def staff(client: Client) -> Client:
    """Let the admin in whoever is logged in there."""
    User.objects.update(is_staff=True)
    return client


@pytest.fixture
def viewer(engine_database: str) -> Client:
    """A browser of a member of staff who may view workflows, without payloads."""
    client = Client()
    client.force_login(make_user("viewer", "view_workflow"))
    return staff(client)


def shown(client: Client, name: str, *args: str, **query: str) -> str:
    """Open a page; give its text."""
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def rows_of(page: str) -> list[str]:
    """The ids in a list, in order."""
    return re.findall(r'<th class="field-id">.*?>([^<]+)</a></th>', page)


def test_every_page_opens_and_nothing_can_be_changed(viewer):
    workflow("order-1")
    Queue.objects.create(name="mail", created_at=START, updated_at=START)
    Schedule.objects.create(
        name="daily",
        workflow_name="shop.daily",
        expression="0 8 * * *",
        context='"a secret"',
        created_at=START,
        updated_at=START,
    )
    ApplicationVersion.objects.create(name="v1", created_at=START, last_seen_at=START)
    for name, lease in (("dead", START), ("live", START + timedelta(days=99_999))):
        Executor.objects.create(
            id=name,
            pid=1,
            started_at=START,
            heartbeat_at=START,
            lease_expires_at=lease,
        )
    for model in TABLES:
        base = f"admin:durable_engine_{model._meta.model_name}"
        row = model.objects.first()
        assert "addlink" not in shown(viewer, f"{base}_changelist")
        page = shown(viewer, f"{base}_change", row.pk)
        assert 'name="_save"' not in page
        assert "a secret" not in page
        assert viewer.get(reverse(f"{base}_add")).status_code == 403
        assert viewer.post(reverse(f"{base}_change", args=[row.pk])).status_code == 403
        gone = viewer.post(reverse(f"{base}_delete", args=[row.pk]))
        assert gone.status_code == 403
    executors = shown(viewer, "admin:durable_engine_executor_changelist")
    assert executors.count("icon-yes") == executors.count("icon-no") == 1


def test_without_the_permission_there_is_nothing(stranger):
    staff(stranger)
    assert "Durable engine" not in shown(stranger, "admin:index")
    assert stranger.get(reverse(LIST)).status_code == 403


def test_list_is_bounded_and_leaves_payloads_alone(viewer):
    workflows(60)
    with CaptureQueriesContext(connection_of("default")) as captured:
        page = shown(viewer, LIST)
    assert rows_of(page) == [f"order-{n}" for n in reversed(range(10, 60))]
    assert reverse("durable_console:workflow", args=["order-59"]) in page
    asked = [q["sql"] for q in captured if "durable_engine_workflow" in q["sql"]]
    assert len(asked) == 2
    counts = [sql for sql in asked if "COUNT(" in sql]
    assert [sql for sql in counts if "LIMIT 10000" not in sql] == []
    assert [sql for sql in asked if '"inputs"' in sql] == []
    assert rows_of(shown(viewer, LIST, p="2")) == [
        f"order-{n}" for n in reversed(range(10))
    ]


def test_filters_and_search_look_at_the_newest(viewer, monkeypatch):
    monkeypatch.setattr(lists, "SEARCHED_ROWS", 3)
    workflow("old-1", created_at=START - timedelta(days=1), status="ERROR")
    workflows(2)
    workflow("new-1", created_at=START + timedelta(days=1), status="ERROR")
    assert rows_of(shown(viewer, LIST, status__exact="ERROR")) == ["new-1"]
    assert rows_of(shown(viewer, LIST, q="-1")) == ["new-1", "order-1"]
    assert rows_of(shown(viewer, LIST, q="old-1")) == ["old-1"]
    assert len(rows_of(shown(viewer, LIST))) == 4


def test_payloads_need_their_permission(viewer, auditor):
    staff(auditor)
    workflow("order-1", inputs='{"args":["a secret"]}', attributes={"vip": "a secret"})
    assert "a secret" not in shown(viewer, PAGE, "order-1")
    page = shown(auditor, PAGE, "order-1")
    assert page.count("a secret") == 2
    assert reverse("durable_console:workflow", args=["order-1"]) in page


@override_settings(ROOT_URLCONF="tests.admin.urls")
def test_inline_shows_an_objects_workflows(engine_database):
    client = Client()
    user = make_user("boss", "view_workflow")
    user.is_staff = user.is_superuser = True
    user.save()
    client.force_login(user)
    orders = [Order.objects.create(reference=name) for name in ("a", "b")]
    for number in range(22):
        workflow(
            f"w-{number}",
            created_at=START + timedelta(seconds=number),
            subject_type="shop.order",
            subject_id=str(orders[0].pk),
        )
    page = shown(client, "plain:shop_order_change", str(orders[0].pk))
    linked = re.findall(r'field-workflow">\s*<p><a href="([^"]+)', page)
    newest = [f"w-{number}" for number in reversed(range(2, 22))]
    assert linked == [
        reverse("plain:durable_engine_workflow_change", args=[name]) for name in newest
    ]
    other = shown(client, "plain:shop_order_change", str(orders[1].pk))
    assert "w-21" not in other
    assert "w-21" not in shown(client, "plain:shop_order_add")
    # The object can be saved, whatever has become of its workflows meanwhile.
    form = {
        "reference": "renamed",
        "state": "new",
        "amount": "1",
        "form-TOTAL_FORMS": "20",
        "form-INITIAL_FORMS": "20",
        "form-0-id": "w-0",
    }
    Workflow.objects.all().delete()
    saved = client.post(
        reverse("plain:shop_order_change", args=[str(orders[0].pk)]), form
    )
    assert saved.status_code == 302
    orders[0].refresh_from_db()
    assert orders[0].reference == "renamed"
    assert Workflow.objects.count() == 0


def test_checks_of_the_admin_pass():
    assert [found for site in (admin.site, plain) for found in site.check(None)] == []
