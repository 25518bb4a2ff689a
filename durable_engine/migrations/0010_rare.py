"""Indexes by which lists find the rare among millions of rows.

On PostgreSQL, one index of what is not being run by its kind takes the place of two, and
is written once where the one by name was written three times. What it takes to make them
on a large table without stopping it: docs/operating.md, "Millions of workflows".
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_TABLE = "durable_engine_workflow"
_MADE = {
    "durable_wf_kind": f"""
        ON {_TABLE} (status, name, (COALESCE(queue_name, '')), app_version, created_at)
        WHERE status <> 'ENQUEUED' AND (status <> 'PENDING' OR executor_id IS NULL)
    """,
    "durable_wf_executor": f"""
        ON {_TABLE} (executor_id, status, created_at)
        WHERE executor_id IS NOT NULL AND status <> 'PENDING'
    """,
    "durable_wf_late": f"""
        ON {_TABLE} (completed_at)
        WHERE completed_at - created_at > interval '10 minutes'
    """,
    "durable_wf_attributes": f"""
        ON {_TABLE} USING gin (attributes jsonb_path_ops)
        WITH (gin_pending_list_limit = 1024) WHERE attributes IS NOT NULL
    """,
}
_DROPPED = {
    "durable_wf_name": f"ON {_TABLE} (name, created_at)",
    "durable_wf_unsuccessful": f"""
        ON {_TABLE} (status, created_at)
        WHERE status IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED')
    """,
}


def _forwards(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _exchange(schema_editor, made=_MADE, dropped=_DROPPED)


def _backwards(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _exchange(schema_editor, made=_DROPPED, dropped=_MADE)


def _exchange(
    schema_editor: BaseDatabaseSchemaEditor,
    *,
    made: dict[str, str],
    dropped: dict[str, str],
) -> None:
    """Make and drop indexes on PostgreSQL; one that is there already is kept."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for name, definition in made.items():
        schema_editor.execute(f"CREATE INDEX IF NOT EXISTS {name} {definition}")
    for name in dropped:
        schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [
        ("durable_engine", "0009_clustered_steps"),
    ]

    operations = [
        migrations.RunPython(_forwards, _backwards),
    ]
