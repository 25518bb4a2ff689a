"""Testing workflows: in the test's transaction, on its thread, on a clock it moves.

`DurableTestCase` is for `unittest`, the fixture `durable_kit` for pytest; both offer a
`DurableKit`. See `docs/testing.md`.
"""

from durable_engine.testing.cases import DurableTestCase
from durable_engine.testing.errors import (
    NothingDueError,
    RunawayError,
    WorkflowCrashed,
)
from durable_engine.testing.kit import DurableKit
from durable_engine.testing.times import DurableTime

__all__ = [
    "DurableKit",
    "DurableTestCase",
    "DurableTime",
    "NothingDueError",
    "RunawayError",
    "WorkflowCrashed",
]
