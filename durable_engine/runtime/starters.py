"""Who starts a workflow: named by a block, taken over from the parent, or asked.

A start asks in this order: the block `SetStartedBy` around it; the workflow in which
it happens, also inside a step; what the process put in place for the code that runs
here, such as the user of the request (`durable_engine.middleware`).
"""

from contextvars import ContextVar
from typing import Protocol

from durable_engine.runtime.context import current_frame, current_options
from durable_engine.runtime.operations import Operation


class Asker(Protocol):
    """Finds out who acts here, when something is started; an instruction."""

    def block(self) -> str | None:
        """Return who it is, on this thread."""

    async def resolve(self) -> str | None:
        """Return who it is, without blocking the event loop."""


_asker: ContextVar[Asker | None] = ContextVar("durable_asker", default=None)

set_asker = _asker.set
reset_asker = _asker.reset


def starter() -> Operation[str | None]:
    """Return who is to be recorded as the starter of what begins here."""
    options = current_options()
    if options is not None and options.names_starter:
        return options.started_by
    frame = current_frame()
    if frame is not None:
        return frame.run.claimed.started_by
    asker = _asker.get()
    if asker is None:
        return None
    found: str | None = yield asker
    return found
