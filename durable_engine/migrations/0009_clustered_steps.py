"""On SQLite, keep the steps in their primary key: a step is then one page, not two.

Django has no word for it, and a later migration that alters the table builds it anew
with rowids: it then has to do this again.
"""

from collections.abc import Callable

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_WITHOUT_ROWID = " WITHOUT ROWID"
_DEFINITION = "SELECT sql FROM sqlite_master WHERE name = 'durable_engine_step'"


def cluster(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Rebuild the table without rowids."""
    del apps
    _rebuild(schema_editor, lambda sql: sql + _WITHOUT_ROWID)


def uncluster(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Rebuild the table with rowids."""
    del apps
    _rebuild(schema_editor, lambda sql: sql.removesuffix(_WITHOUT_ROWID))


def _rebuild(editor: BaseDatabaseSchemaEditor, rewrite: Callable[[str], str]) -> None:
    if editor.connection.vendor != "sqlite":
        return
    with editor.connection.cursor() as cursor:
        cursor.execute(_DEFINITION)
        row = cursor.fetchone()
        if row is None:  # a router keeps this table off this alias
            return
        cursor.execute("ALTER TABLE durable_engine_step RENAME TO durable_step_old")
        cursor.execute(rewrite(row[0]))
        cursor.execute("INSERT INTO durable_engine_step SELECT * FROM durable_step_old")
        cursor.execute("DROP TABLE durable_step_old")


class Migration(migrations.Migration):
    dependencies = [("durable_engine", "0008_lost_executors")]

    operations = [migrations.RunPython(cluster, uncluster)]
