"""What the module's own attributes say, wherever they are read."""

import asyncio
import logging
import os
import socket
import threading

import pytest

import durable_engine as durable


def test_nothing_outside_a_workflow(engine_database):
    assert (durable.workflow_id, durable.step_id) == (None, None)


def test_in_bodies_steps_and_transactions(engine_database):
    @durable.step
    def step():
        return durable.workflow_id, durable.step_id

    @durable.transaction
    def transaction():
        return durable.workflow_id, durable.step_id

    @durable.workflow
    def program():
        return [(durable.workflow_id, durable.step_id), step(), transaction()]

    with durable.SetWorkflowID("w-1"):
        assert program() == [("w-1", None), ("w-1", 1), ("w-1", 2)]
    assert durable.workflow_id is None


def test_in_a_child(engine_database):
    @durable.workflow
    def child():
        return durable.workflow_id

    @durable.workflow
    def program():
        return durable.workflow_id, child(), durable.workflow_id

    with durable.SetWorkflowID("w-1"):
        assert program() == ("w-1", "w-1-1", "w-1")


async def test_of_coroutines_at_once(worker):
    @durable.step
    async def step():
        await asyncio.sleep(0)
        return durable.workflow_id, durable.step_id

    @durable.workflow
    async def program():
        return await asyncio.gather(step(), step(), asyncio.to_thread(where))

    def where():
        return durable.workflow_id

    handles = [await durable.start_workflow_async(program) for _ in range(5)]
    for handle in handles:
        one = handle.workflow_id
        assert await handle.get_result() == [(one, 1), (one, 2), one]


def test_thread_of_the_user_is_outside(engine_database):
    seen = []

    @durable.workflow
    def program():
        thread = threading.Thread(target=lambda: seen.append(durable.workflow_id))
        thread.start()
        thread.join()

    program()
    assert seen == [None]


def test_logger_is_an_ordinary_one(engine_database, caplog):
    assert isinstance(durable.logger, logging.Logger)

    @durable.workflow
    def program():
        durable.logger.warning("hello from %s", durable.workflow_id)

    with durable.SetWorkflowID("w-1"):
        program()
    assert "hello from w-1" in caplog.messages


def test_executor_id_names_host_and_process(engine_database):
    host, pid, random = durable.executor_id.split(":")
    assert (host, int(pid)) == (socket.gethostname(), os.getpid())
    assert random


def test_executor_id_and_version_can_be_set(engine_database, settings):
    settings.DURABLE_ENGINE = {"EXECUTOR_ID": "one", "APP_VERSION": "7"}
    assert (durable.executor_id, durable.application_version) == ("one", "7")

    @durable.workflow
    def program(): ...

    with durable.SetWorkflowID("w-1"):
        program()
    found = durable.get_workflow_status("w-1")
    assert (found.executor_id, found.app_version) == ("one", "7")


def test_version_of_the_environment_wins(engine_database, settings, monkeypatch):
    monkeypatch.setenv("DURABLE_APP_VERSION", "from outside")
    settings.DURABLE_ENGINE = {"APP_VERSION": "7"}
    assert durable.application_version == "from outside"


def test_version_is_a_hash_of_the_workflows(engine_database):
    assert len(durable.application_version) == 16
    assert int(durable.application_version, 16) >= 0


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = durable.nothing
