"""Whether the database is ready for a worker, said in words."""

import pkgutil

from django.db import DatabaseError
from django.db.migrations.recorder import MigrationRecorder

from durable_engine import conf, migrations
from durable_engine.store.session import connection_of

_LABEL = "durable_engine"


def problem_of_database() -> str | None:
    """Return what keeps a worker from starting on the engine's alias, or None."""
    alias = conf.settings().database
    connection = connection_of(alias)
    try:
        applied = {
            name
            for label, name in MigrationRecorder(connection).applied_migrations()
            if label == _LABEL
        }
    except DatabaseError as error:
        return f"The database of the alias {alias!r} cannot be reached: {error}"
    finally:
        connection.close()
    ours = {module.name for module in pkgutil.iter_modules(migrations.__path__)}
    missing = sorted(ours - applied)
    if not missing:
        return None
    return (
        f"The database of the alias {alias!r} lacks tables or columns of the engine "
        f"({', '.join(missing)}). Run: manage.py migrate --database {alias}"
    )
