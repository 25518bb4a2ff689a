"""Processes that run workflows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from console import formats
from console.tables.instants import Instant
from console.tables.versions import digest
from durable_engine.states import WorkflowState


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorRow:
    """One process that runs workflows."""

    id: str
    hostname: str
    pid: int
    kind: str
    app_version: str
    draining: bool
    started_at: datetime
    heartbeat_at: datetime
    lease_expires_at: datetime
    threads: int
    threads_busy: int
    coroutines: int
    coroutines_busy: int
    queues: list[str] | None  # None: every one that its code declares
    alive: bool

    @property
    def state(self) -> str:
        """Alive, leaving, or silent for longer than its lease."""
        if not self.alive:
            return _("silent")
        return _("draining") if self.draining else _("alive")

    @property
    def tone(self) -> str:
        """The status whose colour fits the state."""
        if not self.alive:
            return WorkflowState.ERROR
        return WorkflowState.CANCELLED if self.draining else WorkflowState.SUCCESS

    @property
    def started(self) -> Instant:
        """When the process began."""
        return Instant(at=self.started_at)

    @property
    def beat(self) -> Instant:
        """When it was heard of last."""
        return Instant(at=self.heartbeat_at)

    @property
    def lease(self) -> Instant:
        """When its lease ends, or ended."""
        return Instant(at=self.lease_expires_at)

    @property
    def taken(self) -> list[tuple[str, str, bool]]:
        """What its places are for, how many are taken, and whether none is free."""
        if not self.alive:
            return []
        places = (
            (_("threads"), self.threads_busy, self.threads),
            (_("coroutines"), self.coroutines_busy, self.coroutines),
        )
        return [
            (
                kind,
                _("%(busy)s of %(all)s") % {"busy": f"{busy:,}", "all": f"{most:,}"},
                busy >= most,
            )
            for kind, busy, most in places
            if most
        ]

    @property
    def version(self) -> str:
        """Changes when any shown value does; a beat is none."""
        return digest(self.id, self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A workflow that a process owns."""

    id: str
    name: str
    started_at: datetime | None

    @property
    def started(self) -> Instant | None:
        """When it first began to run."""
        return None if self.started_at is None else Instant(at=self.started_at)

    @property
    def function(self) -> str:
        """The last part of the workflow's name."""
        return self.name.rpartition(".")[2] or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorLoad:
    """One process with what it owns."""

    row: ExecutorRow
    owned: int
    limit: int  # where counting ended
    some: tuple[Owned, ...]

    @property
    def rank(self) -> int:
        """Where it stands in the list: what needs somebody's eyes comes first."""
        if self.row.alive:
            return 1
        return 0 if self.owned else 2

    @property
    def owned_text(self) -> str:
        """How many workflows it owns, bounded."""
        return formats.bounded(self.owned, self.limit)

    @property
    def more(self) -> bool:
        """Whether it owns others than those that are named."""
        return self.owned > len(self.some)

    @property
    def query(self) -> str:
        """Of the list of what it owns."""
        return urlencode({"status": "PENDING", "executor_id": self.row.id})

    @property
    def version(self) -> str:
        """Changes when any shown value does."""
        beat = self.row.heartbeat_at.isoformat()
        ids = [one.id for one in self.some]
        return digest(self.row.version, beat, self.owned, *ids)


def summed_up(loads: Sequence[ExecutorLoad]) -> str:
    """Say how many processes there are of each state: `3 alive · 1 silent`."""
    states = Counter(load.row.state for load in loads)
    return " · ".join(f"{number} {state}" for state, number in states.items())
