"""The engine's connections have the rights that Django's have."""

from uuid import uuid4

from django.db import connection, connections

from durable_engine.runtime.engine import engine
from tests.support.databases import on_postgresql


@on_postgresql
def test_a_role_is_assumed(engine_database, monkeypatch):
    role = f"the 'owner' {uuid4().hex}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE ROLE "{role}"')
    options = connections.settings["default"]["OPTIONS"]
    monkeypatch.setitem(options, "assume_role", role)
    try:
        session = engine().store.open("read")
        assert session.raw.execute("SELECT current_user").fetchone() == (role,)
        session.close()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP ROLE "{role}"')
