"""What a block of a test asks the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.transaction import get_connection


@contextmanager
def recorded_queries() -> Iterator[list[str]]:
    """Give the list of statements that this thread sends in the block."""
    made: list[str] = []

    def record(execute: Any, sql: str, *rest: Any) -> Any:
        made.append(sql)
        return execute(sql, *rest)

    with get_connection().execute_wrapper(record):
        yield made
