"""What differs between the databases; a vendor is chosen once, by name."""

from functools import cache

from durable_engine.store.dialects.base import (
    Dialect,
    Fault,
    Row,
    Session,
    as_json,
    fields,
)
from durable_engine.store.dialects.sqlite import SQLite

__all__ = ["Dialect", "Fault", "Row", "Session", "as_json", "dialect_for", "fields"]


@cache
def dialect_for(vendor: str) -> Dialect:
    """Return the dialect of a Django vendor name.

    Raises:
        ValueError: the engine does not run on that database.
    """
    match vendor:
        case "postgresql":
            # psycopg is optional: a project on SQLite need not have it.
            from durable_engine.store.dialects.postgresql import (  # noqa: PLC0415
                PostgreSQL,
            )

            return PostgreSQL()
        case "sqlite":
            return SQLite()
        case _:
            message = (
                f"the engine runs on PostgreSQL and SQLite, not on {vendor!r}; "
                "point DURABLE_ENGINE['DATABASE'] at such an alias"
            )
            raise ValueError(message)
