"""What carries hints: it survives any error, and leaves nothing open."""

from pathlib import Path

import pytest

from durable_engine.notify.postgresql import PostgreSQLTransport
from durable_engine.notify.sqlite import SQLiteTransport

_DESCRIPTORS = Path("/proc/self/fd")


class Unreachable:
    """A store that cannot be reached, for a reason which no driver knows."""

    def __init__(self):
        self.opened = 0
        self.transport = None

    def open(self, purpose, *, alias=None):
        del purpose, alias
        self.opened += 1
        if self.opened == 3:
            self.transport.stop()
        message = "the name of this host is no name"
        raise UnicodeError(message)


@pytest.fixture(params=["sqlite", "postgresql"])
def transport(request):
    store = Unreachable()
    if request.param == "sqlite":
        store.transport = SQLiteTransport(store)
    else:
        store.transport = PostgreSQLTransport(store, "default")
    return store.transport


def test_listening_goes_on_after_an_error_of_any_kind(transport, caplog):
    told = []
    transport.listen(
        told.append, lambda: told.append("reconnected"), lambda: told.append("lost")
    )
    assert told == ["lost"] * 3
    assert [
        record.getMessage().partition(",")[2]  # what was lost differs by vendor
        for record in caplog.records
    ] == [" waiters poll meanwhile: the name of this host is no name"]


@pytest.mark.skipif(not _DESCRIPTORS.exists(), reason="counts descriptors in /proc")
def test_one_that_only_sends_leaves_no_descriptor_open():
    before = len(list(_DESCRIPTORS.iterdir()))
    for _ in range(20):
        PostgreSQLTransport(Unreachable(), "default").stop()
    assert len(list(_DESCRIPTORS.iterdir())) < before + 20
