"""What a workflow's page says about why it does not run."""

import re
from html import unescape

import pytest
from django.test import Client

from durable_engine.models import Executor, Queue, Workflow
from tests.console import rows

PAGE = "/durable/workflows/order-1/"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queues are read anew for each page."""
    monkeypatch.setattr("console.queries.workload.NOW_SECONDS", 0.0)


def told(client: Client) -> str:
    """Return what the page says, and the command that helps; empty: nothing."""
    html = client.get(PAGE).content.decode()
    found = re.search(r'<p class="notice" role="note">(.*?)</p>', html)
    return "" if found is None else unescape(re.sub(r"<[^>]+>", "", found[1])).strip()


def queue(name: str, **more: object) -> None:
    Queue.objects.create(
        name=name, created_at=rows.START, updated_at=rows.START, **more
    )


def test_what_is_enqueued_says_what_it_waits_for(viewer: Client) -> None:
    rows.workflow("order-1", "ENQUEUED", queue_name="big mail")
    rows.executor("gone", alive=False)
    nobody = "No worker is running. It waits until one starts: "
    assert told(viewer) == f"{nobody}python manage.py durable_worker"
    rows.executor()
    assert told(viewer) == (
        "No worker's code declares its queue “big mail”: declare it where workers "
        "import it, or start one that is told to serve it: "
        "python manage.py durable_worker --queues 'big mail'"
    )
    queue("big mail", declared={"concurrency": 1})
    assert told(viewer) == ""
    living = Executor.objects.exclude(id="gone")
    living.update(threads=1, threads_busy=1, coroutines=2, coroutines_busy=2)
    assert told(viewer) == (
        "The worker that could run it has no place free: it waits its turn."
    )
    living.update(coroutines_busy=1)
    assert told(viewer) == ""
    living.update(queues=["small mail"])
    assert told(viewer) == (
        "Every worker was told to serve other queues than “big mail”. Start one for "
        "it: python manage.py durable_worker --queues 'big mail'"
    )
    living.update(queues=["big mail"])
    Workflow.objects.update(app_version="v0")
    assert told(viewer).startswith("No worker runs its version v0.")
    Workflow.objects.update(app_version="")
    Queue.objects.all().delete()
    assert told(viewer) == ""  # a worker was told to serve it, whoever declares it
    queue("big mail", declared={"concurrency": 1})
    rows.workflow("order-2", "PENDING", queue_name="big mail", place=1)
    assert told(viewer) == (
        "Its queue “big mail” runs 1, as many as it may: it waits its turn."
    )
    Queue.objects.update(paused=True)
    assert told(viewer) == (
        "Its queue “big mail” is paused: it waits until somebody resumes it."
    )
    Workflow.objects.update(status="SUCCESS")
    assert told(viewer) == ""


def test_what_is_pending_says_who_is_missing(viewer: Client) -> None:
    rows.workflow("order-1", "PENDING", executor_id="one", app_version="v1")
    rows.executor("one")
    assert told(viewer) == ""
    Executor.objects.filter(id="one").update(lease_expires_at=rows.START)
    assert told(viewer).startswith("No worker is running.")
    rows.executor("two")
    assert told(viewer) == (
        "No worker runs its version v1. Resume moves it to the current one; a worker "
        "of the old version would run it as it is."
    )
    Executor.objects.filter(id="two").update(app_version="v1")
    assert told(viewer) == (
        "The process that ran it is gone: another takes it over when the lease of "
        "that one has ended."
    )
    # It waits unloaded: a worker takes it up when it is due.
    Workflow.objects.update(executor_id=None)
    assert told(viewer) == ""
