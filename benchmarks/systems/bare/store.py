"""What both hand-written stores can do; every method is one commit."""

from typing import Protocol


class Store(Protocol):
    """One connection to the two hand-written tables."""

    def create_tables(self) -> None:
        """Make the empty tables."""

    def enqueue(self, workflows: int) -> None:
        """Insert this many waiting workflows, in one transaction."""

    def start(self, workflow_id: str, inputs: str) -> None:
        """Record that a workflow begins."""

    def record(self, workflow_id: str, position: int, output: str) -> None:
        """Record the output of a step."""

    def finish(self, workflow_id: str, output: str) -> None:
        """Record the outcome of a workflow."""

    def claim(self) -> str | None:
        """Take the oldest waiting workflow that nobody takes, or nothing."""

    def drain_seconds(self) -> float:
        """Return the time from the first start to the last outcome."""
