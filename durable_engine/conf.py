"""The setting `DURABLE_ENGINE`: read once, validated, frozen, passed down.

`settings()` caches; `override_settings` is followed through `reload`, which the
app connects to `setting_changed`. System checks show `problems()`.
"""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from durable_engine.thresholds import AlertSettings, alert_problems, read_alerts

SETTING = "DURABLE_ENGINE"
VERSION_VARIABLE = "DURABLE_APP_VERSION"
GUARDS = ("raise", "warn", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every key of `DURABLE_ENGINE` in lower case; meanings in `docs/settings.md`."""

    database: str = "default"
    app_version: str | None = None
    executor_id: str | None = None
    lease_seconds: float = 30
    heartbeat_seconds: float = 5
    worker_threads: int = 32
    worker_coroutines: int = 1000
    resident_waiters: int = 1000
    embedded_worker: bool = False
    tracing: bool = True
    alerts: AlertSettings | None = field(default_factory=AlertSettings)
    serializer: str = "durable_engine.serialization.JSONSerializer"
    guard: str = "raise"
    retention_days: float | None = None
    encryption_keys: tuple[str, ...] = field(default=(), repr=False)
    max_payload_bytes: int = 16 * 1024 * 1024
    listen_database: str | None = ""  # "": the same as `database`

    @property
    def trust_seconds(self) -> float:
        """How long after a beat was sent this process believes in its lease."""
        return self.lease_seconds * 2 / 3

    @property
    def listen_alias(self) -> str | None:
        """Alias for LISTEN; None when waiters only poll.

        Through a pooler LISTEN hears nothing: who wants to be notified names an alias
        that goes past it.
        """
        if self.listen_database != "":
            return self.listen_database
        return None if self._pooled else self.database

    @property
    def session_state_allowed(self) -> bool:
        """False behind a pooler: no prepared statement, no session setting."""
        return self.listen_alias == self.database and not self._pooled

    @property
    def _pooled(self) -> bool:
        """Whether the alias says, as Django's documentation tells, that it is pooled."""
        options = django_settings.DATABASES.get(self.database, {})
        return bool(options.get("DISABLE_SERVER_SIDE_CURSORS", False))


_TEXTS = ("database", "app_version", "executor_id", "serializer")
_INTEGERS = (
    "worker_threads",
    "worker_coroutines",
    "resident_waiters",
    "max_payload_bytes",
)
_SOME_TEXT = "give a string that is not empty"


@cache
def settings() -> Settings:
    """Return the validated settings of this process.

    Raises:
        ImproperlyConfigured: a key is unknown or a value cannot be used; the
            message names each and the mend.
    """
    found = problems()
    if found:
        raise ImproperlyConfigured(
            "; ".join(f"{what} ({mend})" for what, mend in found)
        )
    values = _given()
    version = os.environ.get(VERSION_VARIABLE)
    if version:
        values["app_version"] = version
    if "encryption_keys" in values:
        values["encryption_keys"] = tuple(values["encryption_keys"])
    if "alerts" in values:
        values["alerts"] = read_alerts(values["alerts"])
    return Settings(**values)


def reload() -> None:
    """Forget the cached settings; the next `settings()` reads them anew."""
    settings.cache_clear()


def problems() -> list[tuple[str, str]]:
    """Return each mistake in the setting as (problem, mend), in a stable order."""
    raw = getattr(django_settings, SETTING, {})
    if not isinstance(raw, Mapping):
        return [(f"{SETTING} is {raw!r}", "make it a dict")]
    known = {one.name.upper() for one in fields(Settings)}
    found = [
        (f"{SETTING} has the unknown key {key!r}", f"known keys: {sorted(known)}")
        for key in sorted(set(map(str, raw)) - known)
    ]
    values = {key.lower(): value for key, value in raw.items() if key in known}
    for key, value in values.items():
        found += _problems_of(key, value)
    if not found:
        found += _problems_between(Settings(**values))
    return found


def _given() -> dict[str, Any]:
    raw = getattr(django_settings, SETTING, {})
    return {str(key).lower(): value for key, value in raw.items()}


def _problems_of(key: str, value: object) -> list[tuple[str, str]]:
    if key == "encryption_keys":
        return _problems_of_keys(value)
    if key == "alerts":
        return alert_problems(value, f"{SETTING}['ALERTS']")
    mend = _mend_of_none(key) if value is None else _mend(key, value)
    return [(f"{SETTING}[{key.upper()!r}] is {value!r}", mend)] if mend else []


def _mend_of_none(key: str) -> str | None:
    default = next(one.default for one in fields(Settings) if one.name == key)
    if default is None or key == "listen_database":
        return None
    return f"leave it out for {default!r}"


def _mend(key: str, value: object) -> str | None:
    """Return what to do about a value that is given, or None if it can be used."""
    if key in _TEXTS:
        return None if isinstance(value, str) and value else _SOME_TEXT
    match key:
        case "guard":
            if not isinstance(value, str) or not value:
                return _SOME_TEXT
            return None if value in GUARDS else f"choose one of {GUARDS}"
        case "listen_database":
            return None if isinstance(value, str) else "an alias"
        case "embedded_worker" | "tracing":
            return None if isinstance(value, bool) else "True or False"
        case _:
            return _mend_of_number(value, whole=key in _INTEGERS)


def _mend_of_number(value: object, *, whole: bool) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return "give a whole number" if whole else "give a number"
    return None if value > 0 else "give a number above 0"


def _problems_of_keys(value: object) -> list[tuple[str, str]]:
    """Return what is wrong with encryption keys; none is ever shown."""
    mend = "make each with cryptography.fernet.Fernet.generate_key().decode()"
    name = f"{SETTING}['ENCRYPTION_KEYS']"
    if not isinstance(value, list | tuple):
        return [(f"{name} is {type(value).__name__}", "make it a list of keys")]
    found = []
    for place, key in enumerate(value):
        try:
            size_bytes = len(base64.urlsafe_b64decode(key))
        except (TypeError, ValueError):
            found.append((f"{name}[{place}] is not url-safe base64", mend))
        else:
            if size_bytes != 32 or not isinstance(key, str):
                found.append((f"{name}[{place}] is not text of 32 bytes", mend))
    return found


def _problems_between(values: Settings) -> list[tuple[str, str]]:
    found = []
    databases = django_settings.DATABASES
    if values.database not in databases:
        found.append(
            (
                f"{SETTING}['DATABASE'] is {values.database!r}",
                f"name an alias of DATABASES: {sorted(databases)}",
            )
        )
    if values.listen_database and values.listen_database not in databases:
        found.append(
            (
                f"{SETTING}['LISTEN_DATABASE'] is {values.listen_database!r}",
                f"name an alias of DATABASES: {sorted(databases)}, or None to poll",
            )
        )
    if values.heartbeat_seconds * 4 > values.lease_seconds:
        found.append(
            (
                (
                    f"HEARTBEAT_SECONDS {values.heartbeat_seconds:g} is more than a "
                    f"quarter of LEASE_SECONDS {values.lease_seconds:g}"
                ),
                "raise the lease or beat more often: one late beat must not lose it",
            )
        )
    return found
