"""Planned crashes: a workflow stops for ever right after a position is recorded."""

from dataclasses import dataclass, field
from typing import Any

from durable_engine.loops import beside_the_loop
from durable_engine.models import Workflow
from durable_engine.records import Verdict
from durable_engine.runtime.context import Run, outside_workflow
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.entries import Entry
from durable_engine.runtime.unloading import family
from durable_engine.testing.errors import WorkflowCrashed
from durable_engine.testing.journal import KitJournal


@dataclass(slots=True, kw_only=True)
class CrashPlan:
    """Which workflows crash, and which have.

    Without an id that is every workflow without a parent.
    """

    position: int
    workflow_id: str | None = None
    crashed: list[str] = field(default_factory=list)

    def concerns(self, run: Run, position: int) -> bool:
        """Whether a run is to crash after a position."""
        if position != self.position:
            return False
        if self.workflow_id is not None:
            return run.workflow_id == self.workflow_id
        return run.caller is None and not _has_parent(run)


class Witness:
    """Sees every row of a workflow on its way, and crashes whom the plan concerns."""

    def __init__(self, host: Engine, plan: CrashPlan) -> None:
        self._host = host
        self._plan = plan

    def __call__(self, run: Run, position: int, entry: Entry | None) -> None:
        """Crash the run if this position is recorded now.

        Raises:
            WorkflowCrashed: it is; the run, and all that share its stack or its tasks,
                write nothing more.
        """
        if run.stop is not None or not self._plan.concerns(run, position):
            return
        journal = self._host.journal
        assert isinstance(journal, KitJournal)  # noqa: S101 - `engines.build` made it
        if entry is not None:
            journal.flush()
            if not _records(entry):
                return
        crash = WorkflowCrashed(run.workflow_id, position)
        for one in family(run):
            journal.bury(one.workflow_id, one.epoch)
            one.halt(crash)
        self._plan.crashed.append(run.workflow_id)
        raise crash


def _has_parent(run: Run) -> bool:
    """Whether a workflow was started by another one; read beside its body."""
    with outside_workflow(), beside_the_loop():
        rows = Workflow.objects.filter(pk=run.workflow_id)
        return rows.filter(parent_workflow_id__isnull=False).exists()


def _records(entry: Entry) -> bool:
    """Whether a row completed its position, and was accepted."""
    step: Any = getattr(entry.row, "step", entry.row)
    accepted = entry.answer is not None and entry.answer.verdict is Verdict.ACCEPTED
    return accepted and bool(step.completed_at)
