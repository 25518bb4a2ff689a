"""What a list of workflows asks for, as far as statements of their own answer it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from durable_engine.states import WorkflowState


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """The filters of a list that an index finds rare workflows by; None: any."""

    statuses: tuple[str, ...] = tuple(WorkflowState)
    names: tuple[str, ...] | None = None
    queues: tuple[str, ...] | None = None
    versions: tuple[str, ...] | None = None
    executors: tuple[str, ...] | None = None
    queues_left_out: tuple[str, ...] = ()  # "" stands for what was started directly
    since: datetime | None = None  # created then or later
    until: datetime | None = None  # created then or earlier
    beside: str | None = (
        None  # of what was created just where reading begins: ids behind
    )
    newest_first: bool = True

    @property
    def narrows(self) -> bool:
        """Whether anything but time is asked for."""
        return self.narrow or len(set(self.statuses)) < len(WorkflowState)

    @property
    def narrow(self) -> bool:
        """Whether anything but time and status is asked for."""
        chosen = (self.names, self.queues, self.versions, self.executors)
        return any(some is not None for some in chosen) or bool(self.queues_left_out)

    @property
    def parts(self) -> list[Self]:
        """Its filters one kind of index at a time: each list holds all of this one."""
        nothing: dict[str, Any] = {"names": None, "queues": None, "versions": None}
        everybody = replace(self, executors=None)
        found = [everybody] if everybody.narrows else []
        if self.executors is not None:
            found.append(replace(self, queues_left_out=(), **nothing))
        if self.names is not None and WorkflowState.ENQUEUED in self.statuses:
            # Names of what is queued are in no index; where that is, is.
            found.append(replace(everybody, names=None))
        return found

    def behind(self, created_at: datetime, workflow_id: str) -> Self:
        """Return the same list from behind this place on."""
        if self.newest_first:
            if self.until is not None and self.until < created_at:
                return self
            return replace(self, until=created_at, beside=workflow_id)
        if self.since is not None and self.since > created_at:
            return self
        return replace(self, since=created_at, beside=workflow_id)
