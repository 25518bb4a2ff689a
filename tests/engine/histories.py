"""What was recorded of a workflow, short enough for one assertion."""

import threading
from typing import Any

import durable_engine as durable

PATIENCE_SECONDS = 30


def short(name: str) -> str:
    """Return the name without its module; the engine's own keep their prefix."""
    return name if name.startswith("durable.") else name.rpartition(".")[2]


def history(workflow_id: str) -> list[tuple[int, str]]:
    """Return positions and names."""
    steps = durable.list_workflow_steps(workflow_id)
    return [(step.position, short(step.name)) for step in steps]


def outputs(workflow_id: str) -> list[Any]:
    """Return what each position returned, in order."""
    return [step.output for step in durable.list_workflow_steps(workflow_id)]


def status(workflow_id: str) -> str:
    """Return the status of a workflow that exists."""
    found = durable.get_workflow_status(workflow_id)
    assert found is not None
    return found.status


def happened(event: threading.Event) -> None:
    """Wait until another thread has set the event."""
    assert event.wait(PATIENCE_SECONDS)
