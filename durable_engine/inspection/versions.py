"""Versions of the application: which there were, and which nobody runs any more."""

from durable_engine.models import ApplicationVersion
from durable_engine.records import ApplicationVersionInfo, StrandedVersion
from durable_engine.runtime.engine import engine
from durable_engine.store import executors

_COUNTED_ROWS = 10_000
_MOST_VERSIONS = 1_000


def list_application_versions() -> list[ApplicationVersionInfo]:
    """Return the versions of the application that ever ran here, newest first.

    At most the newest 1,000.
    """
    return _newest(_MOST_VERSIONS)


def get_latest_application_version() -> ApplicationVersionInfo | None:
    """Return the version that was first seen last, or None if none ever ran here."""
    return next(iter(_newest(1)), None)


def list_stranded_versions() -> list[StrandedVersion]:
    """Return the versions with workflows in flight that no live worker runs.

    `resume_workflow` moves a workflow to the current version; a worker of the old
    version, started again, runs it as it is.
    """
    found: dict[str, int] = engine().reads.run(
        lambda session: executors.versions_stranded(session, _COUNTED_ROWS)
    )
    return [
        StrandedVersion(name=name, in_flight=number)
        for name, number in sorted(found.items())
    ]


def _newest(limit: int) -> list[ApplicationVersionInfo]:
    host = engine()
    in_flight = host.reads.run(
        lambda session: executors.versions_in_flight(session, _COUNTED_ROWS)
    )
    rows = ApplicationVersion.objects.order_by("-created_at", "name")[:limit]
    return [
        ApplicationVersionInfo(
            name=row.name,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            current=row.name == host.app_version,
            in_flight=in_flight.get(row.name, 0),
        )
        for row in rows
    ]
