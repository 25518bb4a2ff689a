"""No statement of queues, lists or statistics reads more of a filled table than it takes."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from durable_engine.store.dialects.wire import as_text, compiled
from durable_engine.store.statements import load
from tests.support.databases import MakeDatabase

FILL = """
INSERT INTO durable_engine_workflow (
    id, name, status, inputs, queue_name, priority, queue_partition_key, app_version,
    executor_id, epoch, recovery_attempts, created_at, updated_at, wake_at, place,
    delay_until
)
SELECT
    concat_ws('-', kind.status, kind.queue, kind.executor, kind.place, n), 'job', kind.status, '{}', kind.queue, n % 5,
    CASE WHEN kind.queue = 'keyed' THEN 'key' || n % 50 END, 'v1', kind.executor, 1, 1,
    now() + n * interval '1 microsecond', now(),
    CASE WHEN kind.executor IS NULL AND kind.status = 'PENDING'
        THEN now() + (n - 20) * interval '1 minute' END,
    kind.place, CASE WHEN kind.status = 'DELAYED' THEN now() + n * interval '1 s' END
FROM (VALUES
    ('SUCCESS', 'free', NULL, 0, 30000), ('ERROR', 'four', NULL, 1, 10000),
    ('ENQUEUED', 'free', NULL, 0, 8000), ('ENQUEUED', 'four', NULL, 0, 8000),
    ('ENQUEUED', 'keyed', NULL, 0, 8000), ('DELAYED', 'four', NULL, 0, 5000),
    ('PENDING', 'free', 'e1', 0, 1000), ('PENDING', 'four', 'e1', 1, 5000),
    ('PENDING', 'keyed', 'e1', 2, 1000), ('PENDING', 'free', NULL, 0, 2000),
    ('PENDING', 'four', NULL, 2, 5000)
) AS kind (status, queue, executor, place, rows), LATERAL generate_series(
    1, kind.rows
) AS n
ON CONFLICT DO NOTHING
"""

COMMON: dict[str, Any] = {
    "executor_id": "e2",
    "app_version": "v1",
    "versions": '{"",v1}',
    "names": "{job}",
    "limit": 10,
    "place": 1,
    "queue": "four",
    "queues": "{free,four,keyed}",
    "due_limit": 10,
    "queued_limit": 10,
    "most": 10,
    "period_seconds": 60.0,
    "starts": 1,
    "after": "",
    "most_keys": 1000,
    "keys": "{key1,key2}",
    "due": "[1,1]",
    "queued": "[1,1]",
    "ids": "{x,y}",
}
LISTED: dict[str, Any] = {
    "statuses": "{SUCCESS,ERROR,DELAYED,PENDING}",
    "executors": "{e1,nobody}",
    "names": None,
    "queues": None,
    "versions": None,
    "but": "{}",
    "since": "-infinity",
    "until": "infinity",
    "beside": None,
    "newest_first": True,
    "in_all": 1_000,
    "most": 1_000,
    "most_named": 1_000,
    "counting": False,
}
CENTURY: dict[str, Any] = {"start": 0.0, "seconds": 1e9, "slices": 3}
STATEMENTS = {
    "workflow_claim": ({}, {"durable_wf_due", "durable_wf_claim"}),
    "queues_waiting": ({}, {"durable_wf_claim", "durable_wf_returning"}),
    "queues_read": ({}, {"durable_wf_returning"}),
    "queue_usage": ({}, {"durable_wf_placed", "durable_wf_returning"}),
    "queue_claim": ({}, {"durable_wf_claim", "durable_wf_returning"}),
    "queue_keys": (
        {"queue": "keyed"},
        {"durable_wf_partition", "durable_wf_placed", "durable_wf_returning"},
    ),
    "queue_heads": (
        {"queue": "keyed"},
        {"durable_wf_partition", "durable_wf_claim", "durable_wf_returning"},
    ),
    "queue_take": ({}, set()),
    "executors_dead_owners": ({}, {"durable_wf_owned"}),
    "workflows_take_from": ({"executor_ids": "{e0,e2}"}, {"durable_wf_owned"}),
    "delay_next": ({}, {"durable_wf_delayed"}),
    "delays_end": ({}, {"durable_wf_delayed"}),
    "queues_oldest": ({"most": 1000}, {"durable_wf_claim"}),
    "failures_newest": ({"since": 0.0, "until": 1e11}, {"durable_wf_failed"}),
    "slices_counted": (CENTURY, {"durable_wf_created"}),
    "slices_sampled": (CENTURY, {"durable_wf_created"}),
    "listed_kinds": (LISTED, {"durable_wf_kind"}),
    "listed_enqueued": (LISTED, {"durable_wf_claim"}),
    "listed_executors": (LISTED, {"durable_wf_executor"}),
    "listed_held": (LISTED, {"durable_wf_owned"}),
    "workflows_unfinished": (
        {},
        {
            "durable_wf_claim",
            "durable_wf_delayed",
            "durable_wf_owned",
            "durable_wf_due",
            "durable_wf_returning",
        },
    ),
}
PRIMARY_KEY = "durable_engine_workflow_pkey"
MOST_READ = 1_500
"""Rows that a look may read: a few hundred for workflows without a key, and its takings."""


@pytest.fixture(scope="module")
def filled(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the engine's, to a table of 80,000 rows."""
    databases = request.getfixturevalue("postgresql_databases")
    url = databases.create()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(FILL)
        connection.execute("ANALYZE durable_engine_workflow")
        # As the dialect sets its connections.
        connection.execute("SET enable_seqscan = off; SET enable_hashjoin = off")
        connection.execute("SET enable_mergejoin = off; SET jit = off")
        yield connection
    databases.drop(url)


def scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every node that reads the workflow table."""
    if (
        node.get("Relation Name") == "durable_engine_workflow"
        and "Scan" in (node["Node Type"])
    ):
        yield node
    if node.get("Index Name", "").startswith("durable_wf") and (
        node["Node Type"] == "Bitmap Index Scan"
    ):
        yield node
    for child in node.get("Plans", ()):
        yield from scans(child)


# Lists are asked on the caller's connection, on which nothing is prepared.
PLANNED = [
    (name, mode)
    for name in STATEMENTS
    for mode in ("force_custom_plan", "force_generic_plan")
    if not (name.startswith("listed_") and mode == "force_generic_plan")
]


@pytest.mark.parametrize(("name", "mode"), PLANNED)
def test_reads_by_its_indexes_and_little(
    filled: psycopg.Connection[Any], name: str, mode: str
):
    more, expected = STATEMENTS[name]
    values = COMMON | more
    statement, names = compiled(load("postgresql")[name].parts[0])
    given = ", ".join(
        "NULL" if (value := as_text(values[each])) is None else quoted(value)
        for each in names
    )
    with filled.transaction(force_rollback=True):
        filled.execute(f"SET LOCAL plan_cache_mode = {mode}")
        filled.execute(b"PREPARE one AS " + statement)
        (answer,) = filled.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE one{f'({given})' if names else ''}"
        ).fetchone()
    filled.execute("DEALLOCATE one")
    plan = answer[0]["Plan"] if isinstance(answer, list) else json.loads(answer)
    found = list(scans(plan))
    assert [
        node["Node Type"] for node in found if "Seq Scan" in node["Node Type"]
    ] == []
    used = {node["Index Name"] for node in found if "Index Name" in node}
    assert used - {PRIMARY_KEY} == expected
    read = sum(
        node["Actual Loops"]
        * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        for node in found
    )
    assert read <= MOST_READ


def quoted(value: bytes) -> str:
    text = value.decode().replace("'", "''")
    return f"'{text}'"


def test_unlimited_queues_write_no_index_of_the_limited_ones(
    make_database: MakeDatabase,
):
    url = make_database("postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(FILL)
        rows = connection.execute(
            "SELECT indexrelid::regclass::text, pg_get_expr(indpred, indrelid) "
            "FROM pg_index WHERE indrelid = 'durable_engine_workflow'::regclass"
        ).fetchall()
        predicates = dict(rows)
        for index in (
            "durable_wf_placed",
            "durable_wf_returning",
            "durable_wf_partition",
        ):
            statement = sql.SQL(
                "SELECT count(*) FROM durable_engine_workflow "
                "WHERE queue_name = 'free' AND {}"
            ).format(sql.SQL(predicates[index]))
            (count,) = connection.execute(statement).fetchone()
            assert count == 0
