"""Checks of the setting and of the databases, without asking any database."""

from contextlib import contextmanager
from unittest.mock import patch

import pytest
from asgiref.local import Local
from django.conf import settings
from django.core.checks import run_checks
from django.db import connections
from django.db.utils import ConnectionHandler
from django.test import override_settings

from durable_engine.checks import databases, deployment
from durable_engine.checks import settings as setting_checks

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": "site.sqlite3",
    "OPTIONS": {"transaction_mode": "IMMEDIATE"},
}
POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "NAME": "site"}
ORACLE = {"ENGINE": "django.db.backends.dummy", "NAME": "site"}


@contextmanager
def site(engine=None, **aliases):
    """A site with these databases, to which nothing connects, and this setting."""
    configured = ConnectionHandler(
        {alias: dict(one) for alias, one in aliases.items()}
    ).settings
    with (
        patch.dict(settings.DATABASES, configured, clear=True),
        patch.dict(connections.settings, configured, clear=True),
        patch.object(connections, "_connections", Local(connections.thread_critical)),
        override_settings(DURABLE_ENGINE=engine or {}),
    ):
        yield


def said(check):
    return {one.id.removeprefix("durable."): one for one in check()}


def alias(base, options=None, **more):
    given = {**base.get("OPTIONS", {}), **(options or {})}
    return {**base, **more, "OPTIONS": given}


@pytest.mark.parametrize(
    ("default", "ids"),
    [
        (SQLITE, []),
        (POSTGRESQL, []),
        (ORACLE, ["E002"]),
        ({**SQLITE, "OPTIONS": {}}, ["W001"]),
        (alias(SQLITE, {"init_command": "PRAGMA journal_mode=delete;"}), ["W004"]),
        (alias(SQLITE, {"init_command": "PRAGMA journal_mode = 'wal'"}), []),
        (alias(SQLITE, {"init_command": "PRAGMA synchronous=NORMAL"}), []),
        (alias(SQLITE, TIME_ZONE="Europe/Paris"), ["W008"]),
        (alias(SQLITE, TIME_ZONE="UTC"), []),
        (alias(SQLITE, NAME=":memory:"), ["W009"]),
        (alias(SQLITE, AUTOCOMMIT=False), ["W007"]),
        (alias(POSTGRESQL, DISABLE_SERVER_SIDE_CURSORS=True), ["W005"]),
        (alias(POSTGRESQL, {"assume_role": "owner"}), []),
        (
            alias(
                POSTGRESQL, {"assume_role": "owner"}, DISABLE_SERVER_SIDE_CURSORS=True
            ),
            ["W005", "W013"],
        ),
        (alias(POSTGRESQL, {"pool": True}), ["W006"]),
        (alias(POSTGRESQL, {"pool": {"min_size": 40}}), []),
        (alias(POSTGRESQL, {"pool": {"max_size": 31}}), ["W006"]),
        (alias(POSTGRESQL, {"pool": {"max_size": 32}}), []),
    ],
)
def test_alias_of_the_engine(default, ids):
    with site(default=default):
        assert sorted(said(databases.check_database_engine)) == ids


def test_another_alias_is_none_of_the_engines_business():
    with site(default=SQLITE, other={**SQLITE, "OPTIONS": {}}):
        assert said(databases.check_database_engine) == {}


def test_old_sqlite():
    with site(default=SQLITE), patch("sqlite3.sqlite_version_info", (3, 37, 2)):
        assert list(said(databases.check_database_engine)) == ["E003"]


@pytest.mark.parametrize(
    ("listen", "ids"),
    [
        ("default", ["W005"]),
        ("direct", []),
        (None, []),
        ("elsewhere", ["W010"]),
        ("file", ["E007"]),
    ],
)
def test_alias_to_listen_on(listen, ids):
    aliases = {
        "default": alias(POSTGRESQL, DISABLE_SERVER_SIDE_CURSORS=True),
        "direct": POSTGRESQL,
        "elsewhere": {**POSTGRESQL, "NAME": "another"},
        "file": SQLITE,
    }
    with site({"LISTEN_DATABASE": listen}, **aliases):
        assert list(said(databases.check_database_engine)) == ids


class Nowhere:
    """A router that gives the engine's tables no place."""

    def allow_migrate(self, db, app_label, **hints):
        return app_label != "durable_engine"


def test_router_that_keeps_the_tables_away():
    routers = [f"{__name__}.Nowhere"]
    with site(default=SQLITE), override_settings(DATABASE_ROUTERS=routers):
        found = said(databases.check_database_engine)
    assert list(found) == ["E006"]
    assert str(found["E006"]) == (
        "?: (durable.E006) DATABASE_ROUTERS do not let the engine's tables be made at "
        "'default', where DURABLE_ENGINE['DATABASE'] has them.\n\tHINT: Allow the app "
        "'durable_engine' at that alias in allow_migrate()."
    )


def test_unknown_key_and_value():
    with site({"DATABSE": "default"}, default=SQLITE):
        (error,) = setting_checks.check_settings()
        assert (error.id, error.msg) == (
            "durable.E001",
            "DURABLE_ENGINE has the unknown key 'DATABSE'",
        )
        # What depends on a setting that cannot be used says nothing of its own.
        assert databases.check_database_engine() == []
        assert deployment.check_deployment() == []
    with site({"GUARD": "loud"}, default=SQLITE):
        (error,) = setting_checks.check_settings()
        assert error.hint == "choose one of ('raise', 'warn', 'off')"


def test_serializers_and_time_zones():
    with site({"SERIALIZER": "no.such.Class"}, default=SQLITE):
        assert list(said(setting_checks.check_serializer)) == ["E004"]
    pickle = "durable_engine.serialization.PickleSerializer"
    with site({"SERIALIZER": pickle}, default=SQLITE):
        assert list(said(setting_checks.check_serializer)) == ["W003"]
    with site(default=SQLITE), override_settings(USE_TZ=False):
        assert list(said(setting_checks.check_time_zones)) == ["W002"]


def test_deployment():
    with site(default=POSTGRESQL):
        assert said(deployment.check_deployment) == {}
    with site({"EMBEDDED_WORKER": True}, default=SQLITE):
        assert list(said(deployment.check_deployment)) == ["W201", "W202"]
        plain = {one.id for one in run_checks(tags=["security"])}
        deployed = {
            one.id
            for one in run_checks(tags=["security"], include_deployment_checks=True)
        }
    assert {"durable.W201", "durable.W202"} <= deployed - plain


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("django.core.mail.mail_admins", None),
        ("django.core.mail.nobody", 'cannot be imported: Module "django.core.mail"'),
        ("django.core.checks.messages.ERROR", "is not callable"),
    ],
)
def test_the_hook_of_alerts_can_be_called(path, problem):
    with site({"ALERTS": {"HOOK": path}}, default=SQLITE):
        found = [one.msg for one in setting_checks.check_alert_hook()]
    start = f"DURABLE_ENGINE['ALERTS']['HOOK'] is {path!r}, which {problem}"
    assert [one.startswith(start) for one in found] == [True] * (problem is not None)


@pytest.mark.parametrize(
    ("given", "problem", "mend"),
    [
        ("mail", " is 'mail'", "make it a dict, or None for no alerts"),
        ({"HOOK": 7}, "['HOOK'] is 7", "give the dotted path of a function, or None"),
        ({"WORKFLOW_FAILED": 1}, "['WORKFLOW_FAILED'] is 1", "True or False"),
        (
            {"QUEUE_STUCK_SECONDS": 0},
            "['QUEUE_STUCK_SECONDS'] is 0",
            "give a number of seconds above 0",
        ),
        (
            {"EVERY_SECONDS": None},
            "['EVERY_SECONDS'] is None",
            "give a number of seconds above 0",
        ),
        ({"QUEUE_STUCK_SECONDS": None}, None, None),
        (None, None, None),
    ],
)
def test_thresholds_of_alerts_are_checked(given, problem, mend):
    with site({"ALERTS": given}, default=SQLITE):
        found = [(one.msg, one.hint) for one in setting_checks.check_settings()]
    expected = [(f"DURABLE_ENGINE['ALERTS']{problem}", mend)] if problem else []
    assert found == expected


def test_an_unknown_key_of_alerts_names_those_there_are():
    with site({"ALERTS": {"MAIL": "me"}}, default=SQLITE):
        (found,) = setting_checks.check_settings()
    assert found.msg == "DURABLE_ENGINE['ALERTS']['MAIL'] is 'me'"
    assert found.hint is not None
    assert "'HOOK'" in found.hint
