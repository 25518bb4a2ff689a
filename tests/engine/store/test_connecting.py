"""Connections that cannot be made just now are waited for."""

import errno
import os

import psycopg

import durable_engine as durable
from tests.support.databases import on_postgresql


@durable.step
def numbered() -> int:
    return 1


@durable.workflow
def takes_a_step() -> int:
    return numbered()


@on_postgresql
def test_process_without_a_free_file_waits_for_one(engine_database, monkeypatch):
    """psycopg waits for its socket by a selector, which is a file of the process.

    sqlite3 says it by a result code.
    """
    connect, refused = psycopg.connect, []

    def connect_later(*url, **parameters):
        purpose = parameters.get("application_name")
        if purpose == "durable_engine journal" and not refused:
            refused.append(parameters)
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return connect(*url, **parameters)

    monkeypatch.setattr(psycopg, "connect", connect_later)
    assert takes_a_step() == 1
    assert len(refused) == 1
