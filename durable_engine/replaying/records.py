"""What a replay check takes, and what it finds."""

from dataclasses import dataclass

from durable_engine.records import StepRow


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that a replay needs of a workflow; payloads as stored."""

    workflow_id: str
    name: str
    inputs: str
    created_at: float  # seconds since the epoch
    random_seed: str | None
    started_by: str | None
    steps: dict[int, StepRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """Where the code at hand does something else than a history says.

    Attributes:
        position: where; None: before the first.
        recorded: the name that is recorded there; None: nothing in particular.
        called: the name that the code calls there; None: it calls nothing.
        reason: what happened, in a sentence.
    """

    position: int | None
    recorded: str | None
    called: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What came of replaying one history.

    Attributes:
        workflow_id: whose.
        name: of the workflow.
        recorded: how many positions are recorded.
        replayed: how many of them the code went through.
        divergence: the first one; None: the code at hand continues this workflow.
    """

    workflow_id: str
    name: str
    recorded: int
    replayed: int
    divergence: Divergence | None = None

    @property
    def diverges(self) -> bool:
        """Whether the code at hand cannot continue the workflow."""
        return self.divergence is not None

    def __str__(self) -> str:
        title = f"{self.workflow_id} ({self.name})"
        found = self.divergence
        if found is None:
            return f"{title}: {self.replayed} of {self.recorded} steps replayed"
        lines = [f"{title} diverges: {found.reason}"]
        if found.position is not None:
            place = f"position {found.position}"
            lines.append(f"  {place}  recorded: {found.recorded or 'nothing'}")
            called = found.called or "nothing"
            lines.append(f"  {' ' * len(place)}  called:   {called}")
        return "\n".join(lines)
