"""What pages say when they cannot be made, and where the refusals lead."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, ProgrammingError
from django.test import Client, RequestFactory

from console.models import AuditEntry
from console.queries import executors, workload
from console.queries.patience import TooSlow
from console.views import troubles
from durable_engine.errors import DatabaseUnavailable
from durable_engine.models import Queue
from tests.support.databases import on_sqlite

QUEUES = "/durable/queues/"
IN_HTMX = {"HTTP_HX_REQUEST": "true"}


class DriverError(Exception):
    """An error of a driver."""

    def __init__(self, text: str, sqlstate: str = "") -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


def caused(error: Exception, text: str = "", sqlstate: str = "") -> Exception:
    error.__cause__ = DriverError(text, sqlstate)
    return error


@on_sqlite
@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (caused(OperationalError("gone"), "gone"), "The database does not answer"),
        (DatabaseUnavailable(waited_seconds=5), "The database does not answer"),
        (caused(OperationalError(), sqlstate="57014"), "This page took too long"),
        (TooSlow(), "This page took too long"),
        (caused(ProgrammingError(), sqlstate="42P01"), "python manage.py migrate"),
    ],
)
def test_a_page_says_what_is_the_matter(
    viewer: Client, monkeypatch: pytest.MonkeyPatch, trouble: Exception, said: str
) -> None:
    def fail(**_: Any) -> None:
        raise trouble

    monkeypatch.setattr(workload, "queues", fail)
    response = viewer.get(QUEUES)
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "Content-Security-Policy" in response
    html = response.content.decode()
    assert said in html
    assert f'href="{QUEUES}"' in html  # to try again
    # Asked by a script, it is a sentence, not a page in the place of a row.
    response = viewer.get(QUEUES, **IN_HTMX)
    assert response.status_code == 503
    assert response["HX-Retarget"] == "#answer"
    assert "<html" not in response.content.decode()
    # What a page asks every second is no sentence every second.
    response = viewer.get(
        "/durable/live/", {"slot": "queues:", "version": "x"}, **IN_HTMX
    )
    assert (response.status_code, response.content) == (503, b"")
    assert response["HX-Reswap"] == "none"


@on_sqlite
def test_of_a_form_it_says_that_its_effect_is_not_known(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise caused(OperationalError("lost at commit"))

    monkeypatch.setattr("console.actions.queues.pause", fail)
    html = viewer.post(f"{QUEUES}mail/pause/").content.decode()
    assert "Whether it was done is not known: look before you repeat it." in html
    assert 'href="/durable/"' in html


@on_sqlite
def test_what_is_no_trouble_of_the_database_is_raised(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise caused(ProgrammingError("a mistake of ours"), sqlstate="42601")

    monkeypatch.setattr(executors, "loads", fail)
    with pytest.raises(ProgrammingError, match="a mistake of ours"):
        viewer.get("/durable/executors/")


@on_sqlite
def test_missing_tables_are_told(viewer: Client, engine_database: str) -> None:
    from django.db import connection  # noqa: PLC0415,TID251 - a broken database

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE durable_engine_executor")
    response = viewer.get("/durable/executors/")
    assert response.status_code == 503
    assert "python manage.py migrate" in response.content.decode()


@on_sqlite
@pytest.mark.parametrize("installed", [True, False])
def test_forms_without_their_secret_are_refused_in_words(
    engine_database: str, settings: Any, installed: bool
) -> None:
    """Whatever the project's own page is, and if it checks no forms at all."""
    settings.CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"
    if not installed:
        settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "Csrf" not in one]
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.create_superuser("root"))
    Queue.objects.create(
        name="mail", created_at="2026-11-22T12:00Z", updated_at="2026-11-22T12:00Z"
    )
    response = browser.post(f"{QUEUES}mail/pause/")
    assert response.status_code == 403
    assert "This form was not taken" in response.content.decode()
    response = browser.post(f"{QUEUES}mail/pause/", **IN_HTMX)
    assert response.status_code == 403
    assert "<html" not in response.content.decode()
    assert response["HX-Retarget"] == "#answer"
    assert Queue.objects.get().paused is False
    assert not AuditEntry.objects.exists()
    # With the secret that the page gave out, it is taken.
    asked = browser.get(f"{QUEUES}mail/pause/").content.decode()
    secret = asked.partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]
    browser.post(f"{QUEUES}mail/pause/", {"csrfmiddlewaretoken": secret})
    assert Queue.objects.get().paused is True


def test_pages_of_the_bundled_site_stand_alone() -> None:
    """No database, no user, no session is asked."""
    request = RequestFactory().get("/durable/nowhere/?<b>")
    response = troubles.nowhere(request, Exception())
    assert response.status_code == 404
    html = response.content.decode()
    assert "/durable/nowhere/?%3Cb%3E" in html
    response = troubles.broken(request)
    assert response.status_code == 500
    assert "Something went wrong here" in response.content.decode()
