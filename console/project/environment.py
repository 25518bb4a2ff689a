"""What the bundled site reads from its environment.

Called by the settings of the bundled site and of the test projects. Knows nothing
of Django, so that settings modules may import it. Never logs what it reads.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

POSTGRESQL_SCHEMES = ("postgres", "postgresql")


def sqlite_database(path: str | Path) -> dict[str, Any]:
    """Describe one SQLite file, set up for many processes that write.

    Returns: one entry for Django's `DATABASES`: write-ahead log, every commit on
        disk, writers wait for 20 seconds and take their lock when they begin.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
        },
    }


def database_from_url(url: str) -> dict[str, Any]:
    """Translate a database URL into one entry for Django's `DATABASES`.

    Args:
        url: `postgresql://user:password@host:port/name`, with libpq's parameters
            after `?` (`host=/directory` for a Unix socket, `sslmode=require`), or
            `sqlite:////absolute/path`.

    Raises:
        ValueError: the scheme is another one, or the URL names no database.
    """
    parts = urlsplit(url)
    if parts.scheme not in (*POSTGRESQL_SCHEMES, "sqlite"):
        message = (
            f"A database URL begins with postgresql:// or sqlite://, "
            f"this one with {parts.scheme!r}."
        )
        raise ValueError(message)
    name = unquote(parts.path[1:])
    if not name:
        message = "The database URL names no database after its host."
        raise ValueError(message)
    if parts.scheme == "sqlite":
        return sqlite_database(name)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    port = options.pop("port", None) or parts.port or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port),
        "OPTIONS": options,
    }


def secret_key(path: Path, random_bytes: int = 50) -> str:
    """Return the secret that this file keeps, made on the first call.

    Guarantees: processes that start together agree on one secret; the file is
        readable by its owner only.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(random_bytes))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def names(variable: str, default: str = "") -> list[str]:
    """Split an environment variable at its commas."""
    return [name for name in os.environ.get(variable, default).split(",") if name]


def switched_on(variable: str) -> bool:
    """Tell whether an environment variable says yes."""
    return os.environ.get(variable, "").lower() in {"1", "true", "yes", "on"}
