"""What an operator does at a shell: who, what, and what came of it.

Arguments of the signals `operator_acting` and `operator_acted`.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who works at a shell."""

    seat: str  # user and host of the operating system, as "root@web-1"
    user: Any = None  # the Django user acted as; None: trusted, and known by `seat`

    @property
    def name(self) -> str:
        """The name that is recorded."""
        return self.seat if self.user is None else str(self.user.get_username())


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAct:
    """What an operator is about to do, or has done."""

    operator: Operator
    action: str  # such as "cancel_workflow"
    permission: str  # of Django, such as "durable_engine.cancel_workflow"
    target_type: str  # workflow, queue, schedule, executor
    target_ids: tuple[str, ...]  # ("",): no particular one
    reason: str = ""
    asks_only: bool = False  # a refusal hides something, and is no attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorOutcome:
    """What came of an act, by target."""

    changed: dict[str, str] = field(default_factory=dict)  # to what is worth noting
    unchanged: dict[str, str] = field(default_factory=dict)  # to why
    error: Exception | None = None  # what ended it: then nothing was changed


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveredExecutor:
    """What was taken over from an executor."""

    workflow_ids: list[str] = field(default_factory=list)
    left_because: str = ""  # "": it was recovered, be it of nothing
