"""Does the harness's jobs with DBOS, in the environment made for it.

Where DBOS leaves a choice, the best of what was tried is taken; README.md says which.
"""

import asyncio
import os
import signal
import subprocess
import time

import sqlalchemy
from dbos import DBOS, DBOSClient, DBOSConfig
from sqlalchemy import func, select

from benchmarks.systems.dbos.workflows import in_coroutine, in_thread
from benchmarks.systems.job import Job, Metrics, answer, worker_processes
from benchmarks.systems.pace import latency_of_calls, rate_in_tasks, rate_in_threads

NAME = "benchmark"
QUEUE = "benchmark"
VERSION = "1"
# DBOS's default is one second, and workers poll without being notified.
QUEUE_POLLING_SECONDS = 0.02
WATCH_SECONDS = 0.5


def direct(job: Job) -> Metrics:
    """Call a workflow in one thread."""
    _launch(job)
    return latency_of_calls(lambda number: in_thread(job.steps, number), job.workflows)


def start(job: Job) -> Metrics:
    """Start workflows in this process and wait for their results."""
    if job.mode == "coroutines":
        return asyncio.run(_start_async(job))
    _launch(job)

    def call(number: int) -> int:
        return DBOS.start_workflow(in_thread, job.steps, number).get_result()

    return rate_in_threads(call, job.workflows, job.places)


def drain(job: Job) -> Metrics:
    """Fill a queue, then let worker processes empty it."""
    DBOS.migrate(job.database_url)
    engine = sqlalchemy.create_engine(_sqlalchemy_url(job))
    _fill(job, engine)
    with worker_processes("benchmarks.systems.dbos.main", job) as workers:
        seconds = _wait_until_empty(job, engine, workers)
    return {"rate_per_second": job.workflows / seconds}


def work(job: Job) -> Metrics:
    """Run what the queue holds until this process is ended."""
    _launch(job)
    signal.pause()
    return {}


async def _start_async(job: Job) -> Metrics:
    _launch(job)

    async def call(number: int) -> int:
        handle = await DBOS.start_workflow_async(in_coroutine, job.steps, number)
        return await handle.get_result()

    return await rate_in_tasks(call, job.workflows, job.places)


def _launch(job: Job) -> None:
    config = DBOSConfig(
        name=NAME,
        system_database_url=job.database_url,
        application_version=VERSION,
        executor_id=str(os.getpid()),
        log_level="ERROR",
    )
    if job.mode == "threads":
        config["max_executor_threads"] = job.places
    DBOS(config=config)
    DBOS.launch()


def _fill(job: Job, engine: sqlalchemy.Engine) -> None:
    client = DBOSClient(system_database_url=job.database_url, application_name=NAME)
    # One process with a bounded pool of threads is fastest when it may claim all.
    unbounded = job.processes == 1 and job.mode == "threads"
    client.register_queue(
        QUEUE,
        worker_concurrency=None if unbounded else job.places,
        polling_interval_sec=QUEUE_POLLING_SECONDS,
    )
    function = in_thread if job.mode == "threads" else in_coroutine
    with engine.begin() as connection:
        for number in range(job.workflows):
            client.enqueue_in_transaction(
                connection,
                {
                    "workflow_name": function.__name__,
                    "queue_name": QUEUE,
                    "app_version": VERSION,
                },
                job.steps,
                number,
            )
    client.destroy()


def _wait_until_empty(
    job: Job, engine: sqlalchemy.Engine, workers: list[subprocess.Popen[str]]
) -> float:
    """Return the seconds from the first step's start to the last step's end.

    Workflows have stamps too, but on SQLite they are whole seconds.
    """
    status = _table(job, engine, "workflow_status").columns
    ended = func.count().filter(status.status == "SUCCESS")
    failed = func.count().filter(status.status == "ERROR")
    step = _table(job, engine, "operation_outputs").columns
    elapsed_ms = func.max(step.completed_at_epoch_ms) - func.min(
        step.started_at_epoch_ms
    )
    while True:
        time.sleep(WATCH_SECONDS)
        with engine.connect() as connection:
            successes, failures = connection.execute(select(ended, failed)).one()
            if successes == job.workflows:
                return float(connection.scalar(select(elapsed_ms)) or 0) / 1000
        if failures:
            message = f"{failures} workflows failed"
            raise RuntimeError(message)
        for worker in workers:
            if worker.poll() is not None:
                message = f"a worker ended with {worker.returncode}"
                raise RuntimeError(message)


def _table(job: Job, engine: sqlalchemy.Engine, name: str) -> sqlalchemy.Table:
    schema = None if job.database_url.startswith("sqlite") else "dbos"
    metadata = sqlalchemy.MetaData(schema=schema)
    return sqlalchemy.Table(name, metadata, autoload_with=engine)


def _sqlalchemy_url(job: Job) -> str:
    return job.database_url.replace("postgresql:", "postgresql+psycopg:", 1)


if __name__ == "__main__":
    answer({"direct": direct, "start": start, "drain": drain, "work": work})
