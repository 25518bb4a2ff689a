"""A worker whose database restarts says so, without a traceback."""

import durable_engine as durable
from durable_engine.runtime.engine import engine, reset
from tests.faults.harness.fleet import until
from tests.support.databases import on_postgresql


@on_postgresql
def test_restart_leaves_no_traceback(engine_database, postgresql_server, caplog):
    durable.launch(threads=2, coroutines=2)
    claimer = engine().launcher.claimer
    until(lambda: claimer.rounds_without_work, "the worker claims")
    postgresql_server.restart("immediate")
    until(lambda: "claim waits for the database" in caplog.text, "it was noticed")
    before = claimer.rounds_without_work
    until(lambda: claimer.rounds_without_work > before, "the worker claims again")
    durable.destroy(workflow_completion_timeout_sec=5)
    reset()
    assert [record for record in caplog.records if record.exc_info] == []
