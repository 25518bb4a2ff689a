"""What is kept of the errors of a step that is tried again and again."""

import pytest

import durable_engine as durable
from durable_engine.runtime import replay, steps
from durable_engine.serialization import decode_error


def test_very_many_errors_are_kept_in_part(engine_database, monkeypatch):
    """Each wait for a retry records those so far: the row must not grow for ever."""
    rows, append = [], replay.append

    def noting(run, row, **others):
        rows.append(row)
        return append(run, row, **others)

    monkeypatch.setattr(replay, "append", noting)
    monkeypatch.setattr(steps, "_MOST_ERRORS", 50)

    @durable.step(
        retries_allowed=True, interval_seconds=0, backoff_rate=1, max_attempts=60
    )
    def flaky():
        calls.append(1)
        raise ConnectionError(len(calls))

    @durable.workflow
    def program():
        flaky()

    calls: list[int] = []
    with pytest.raises(durable.MaxStepRetriesExceeded) as caught:
        program()
    numbers = [error.args[0] for error in caught.value.errors]
    assert numbers == [*range(1, 21), *range(31, 61)]
    recorded = [decode_error("", row.error).errors for row in rows if row.output]
    assert [len(errors) for errors in recorded] == [
        min(number, 40) for number in range(1, 60)
    ]
    numbers = [error.args[0] for error in recorded[-1]]
    assert numbers == [*range(1, 21), *range(40, 60)]
