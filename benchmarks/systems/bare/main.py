"""Does the harness's jobs with hand-written SQL, with threads only."""

import json
import threading
import uuid

from benchmarks.systems.bare.postgresql import PostgreSQLStore
from benchmarks.systems.bare.sqlite import SQLiteStore
from benchmarks.systems.bare.store import Store
from benchmarks.systems.job import Job, Metrics, answer, worker_processes
from benchmarks.systems.pace import in_threads, latency_of_calls, rate_in_threads


def direct(job: Job) -> Metrics:
    """Run workflows one after the other on one connection."""
    store = _connect(job)
    store.create_tables()
    return latency_of_calls(lambda number: _run(store, job, number), job.workflows)


def start(job: Job) -> Metrics:
    """Run workflows in threads that have a connection each."""
    _connect(job).create_tables()
    local = threading.local()

    def run(number: int) -> None:
        if not hasattr(local, "store"):
            local.store = _connect(job)
        _run(local.store, job, number)

    return rate_in_threads(run, job.workflows, job.places)


def drain(job: Job) -> Metrics:
    """Fill a queue, then let worker processes empty it."""
    store = _connect(job)
    store.create_tables()
    store.enqueue(job.workflows)
    with worker_processes("benchmarks.systems.bare.main", job) as workers:
        for worker in workers:
            if worker.wait():
                message = f"a worker ended with {worker.returncode}"
                raise RuntimeError(message)
    return {"rate_per_second": job.workflows / store.drain_seconds()}


def work(job: Job) -> Metrics:
    """Empty the queue with threads that have a connection each."""

    def empty() -> None:
        store = _connect(job)
        while workflow_id := store.claim():
            _steps(store, job, workflow_id, 1)

    # SQLite has one writer at a time; more threads would wait for its lock.
    in_threads(empty, 1 if _is_sqlite(job) else job.places)
    return {}


def _run(store: Store, job: Job, number: int) -> None:
    workflow_id = str(uuid.uuid4())
    store.start(workflow_id, json.dumps({"args": [number]}))
    _steps(store, job, workflow_id, number)


def _steps(store: Store, job: Job, workflow_id: str, number: int) -> None:
    for position in range(1, job.steps + 1):
        store.record(workflow_id, position, json.dumps(number + position))
    store.finish(workflow_id, json.dumps(number))


def _connect(job: Job) -> Store:
    return (SQLiteStore if _is_sqlite(job) else PostgreSQLStore)(job.database_url)


def _is_sqlite(job: Job) -> bool:
    return job.database_url.startswith("sqlite")


if __name__ == "__main__":
    answer({"direct": direct, "start": start, "drain": drain, "work": work})
