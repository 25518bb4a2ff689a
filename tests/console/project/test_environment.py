"""What the bundled site reads from its environment."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from console.project.environment import database_from_url, names, secret_key

ROOT = Path(__file__).parents[3]


def test_postgresql_over_tcp():
    assert database_from_url("postgresql://ada:p%40ss@db.example:5433/shop") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "ada",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {},
    }


def test_postgresql_over_unix_socket():
    database = database_from_url("postgres://ada@/shop?host=/run/pg&port=5433&x=1")
    assert database["HOST"] == "/run/pg"
    assert database["PORT"] == "5433"
    assert database["OPTIONS"] == {"x": "1"}


def test_host_and_port_may_be_left_to_libpq():
    database = database_from_url("postgresql:///shop")
    assert (database["HOST"], database["PORT"], database["USER"]) == ("", "", "")


def test_sqlite_file():
    database = database_from_url("sqlite:////data/my%20shop.sqlite3")
    assert database["NAME"] == "/data/my shop.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "mysql://db/shop",
            "A database URL begins with postgresql:// or sqlite://, this one with 'mysql'.",
        ),
        (
            "postgresql://db:5432",
            "The database URL names no database after its host.",
        ),
    ],
)
def test_url_that_cannot_be_used(url, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is compared)
        database_from_url(url)
    assert str(caught.value) == message


def test_secret_is_kept_for_its_owner_alone(tmp_path):
    path = tmp_path / "var" / "secret_key"
    secret = secret_key(path)
    assert len(secret) >= 50
    assert secret_key(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_names_are_split_at_commas(monkeypatch):
    assert names("DURABLE_NAMES", "a,b") == ["a", "b"]
    monkeypatch.setenv("DURABLE_NAMES", "c,")
    assert names("DURABLE_NAMES", "a,b") == ["c"]


def test_site_passes_the_deployment_checks():
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING"],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "console.project.settings",
            "DURABLE_HTTPS": "1",
            "DURABLE_SECRET_KEY": "x7-" * 20 + "abcdefghij",
            "DURABLE_DATABASE_URL": "postgresql://db/shop",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
