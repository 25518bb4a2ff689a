"""Checks of names, of the aliases of transactions, and of tables."""

import pytest
from django.core.checks import run_checks
from django.db import connections
from django.test import override_settings

import durable_engine as durable
from durable_engine.checks import registrations, tables
from durable_engine.runtime.registry import Registry, registry
from tests.checks.test_settings import ORACLE, SQLITE, said, site
from tests.support.connections import connected_to
from tests.support.databases import sqlite_url


@pytest.fixture(autouse=True)
def empty_registry(monkeypatch):
    """Only what the test registers is registered."""
    for name, value in vars(Registry()).items():
        monkeypatch.setattr(registry, name, value)


def make_transaction(using):
    @durable.transaction(name=f"tests.checks.write_{using}", using=using)
    def write():
        pass


def test_aliases_of_transactions():
    for using in (None, "other", "missing", "strange"):
        make_transaction(using)
    with site(default=SQLITE, other=SQLITE, strange=ORACLE):
        found = said(registrations.check_transaction_aliases)
    assert {key: one.obj for key, one in found.items()} == {
        "E008": "tests.checks.write_missing",
        "E009": "tests.checks.write_strange",
    }
    assert found["E008"].hint == (
        "Name one of ['default', 'other', 'strange'] in @transaction(using=…)."
    )


def test_two_steps_of_one_name():
    def first():
        pass

    def second():
        pass

    durable.step(name="tests.checks.same")(first)
    durable.step(name="tests.checks.same")(first)
    assert registrations.check_names_of_steps() == []
    durable.transaction(name="tests.checks.same")(second)
    (warning,) = registrations.check_names_of_steps()
    assert (warning.id, warning.obj) == ("durable.W011", "tests.checks.same")
    assert "first at " in warning.msg
    assert "second at " in warning.msg


def test_tables_that_are_not_there(make_database, tmp_path, django_db_blocker):
    make_transaction("other")
    urls = {
        "default": make_database("sqlite"),
        "other": sqlite_url(tmp_path / "other.sqlite3"),
    }
    with django_db_blocker.unblock(), connected_to(**urls):
        assert tables.check_tables(databases=["default", "other"]) == []
        with connections["other"].cursor() as cursor:
            cursor.execute("CREATE TABLE mine (id integer)")
        assert tables.check_tables(databases=["default"]) == []
        assert tables.check_tables(databases=None) == []
        found = run_checks(tags=["database"], databases=["default", "other"])
        with override_settings(DURABLE_ENGINE={"DATABASE": "other"}):
            (engine,) = tables.check_tables(databases=["default", "other"])
    (missing,) = found
    assert str(missing) == (
        "?: (durable.W012) The database at the alias 'other' lacks the table in which "
        "tests.checks.write_other proves its commits.\n\tHINT: Run: manage.py migrate "
        "--database other"
    )
    assert engine.msg == "The database at the alias 'other' lacks the engine's tables."
