"""What tests assert of workflows, with failures that say what there was instead."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from durable_engine.inspection import get_workflow_status, list_workflow_steps
from durable_engine.loops import beside_the_loop
from durable_engine.models import Step
from durable_engine.records import StepInfo, WorkflowStatus
from durable_engine.replaying import ReplayReport, check_file, check_workflow
from durable_engine.runtime.engine import engine
from durable_engine.runtime.registry import registration_of

_ANYTHING: Any = object()

Identified = Any
"""A workflow id, or anything with an attribute `workflow_id`, such as a handle."""

Named = str | Callable[..., Any]
"""A step: the decorated function, its registered name, or the last part of that."""


class Assertions:
    """Assertions about recorded workflows; mixed into the kit."""

    def assert_workflow(
        self,
        workflow: Identified,
        *,
        status: str | None = None,
        output: Any = _ANYTHING,
        error: type[BaseException] | str | None = None,
    ) -> WorkflowStatus:
        """Assert what became of a workflow.

        Args:
            workflow: its id or handle.
            status: such as `SUCCESS`; None: any.
            output: what it returned; not given: anything.
            error: the class of what it raised, or a part of its message.

        Returns:
            Its status, for further assertions.
        """
        found = _status_of(workflow)
        if status is not None and found.status != status:
            _fail(found, f"should be {status}, is {found.status}")
        if error is not None and not _matches(found.error, error):
            wanted = error if isinstance(error, str) else error.__name__
            _fail(found, f"should have raised {wanted}, raised {found.error!r}")
        if output is not _ANYTHING and found.output != output:
            _fail(found, f"should have returned {output!r}, returned {found.output!r}")
        return found

    def assert_steps(
        self, workflow: Identified, names: Sequence[Named]
    ) -> list[StepInfo]:
        """Assert which steps are recorded of a workflow, in the order of positions.

        Args:
            workflow: its id or handle.
            names: of every position, the engine's own (`durable.sleep`) included.

        Returns:
            The steps, for further assertions.
        """
        status = _status_of(workflow)
        with beside_the_loop():
            steps = list_workflow_steps(status.workflow_id)
        same = len(steps) == len(names) and all(
            _is_named(step.name, name) for step, name in zip(steps, names, strict=True)
        )
        if not same:
            wanted = ", ".join(map(_shown, names)) or "none"
            _fail(status, f"should have recorded the steps {wanted}")
        return steps

    def assert_ran_once(self, step: Named, workflow: Identified | None = None) -> None:
        """Assert that a step is recorded exactly once, and needed one attempt.

        Args:
            step: the function or its name.
            workflow: its id or handle; None: in all workflows together.
        """
        self.assert_ran(step, 1, workflow)

    def assert_ran(
        self, step: Named, times: int, workflow: Identified | None = None
    ) -> None:
        """Assert how many attempts of a step are recorded, in all.

        Args:
            step: the function or its name.
            times: attempts, of every recorded position of that name together.
            workflow: its id or handle; None: in all workflows together.
        """
        _flush()
        with beside_the_loop():
            rows = Step.objects.order_by("workflow_id", "position")
            if workflow is not None:
                rows = rows.filter(workflow_id=_id_of(workflow))
            found = [row for row in rows if _is_named(row.name, step)]
        attempts = sum(row.attempts for row in found)
        if attempts != times:
            where = "; ".join(
                f"{row.workflow_id} position {row.position}, {row.attempts} attempts"
                for row in found
            )
            message = (
                f"{_shown(step)} should have run {times} times, ran {attempts} times"
                f"{f': {where}' if where else ''}"
            )
            raise AssertionError(message)

    def assert_replays(self, what: Identified) -> list[ReplayReport]:
        """Assert that the code at hand can continue what is recorded.

        Args:
            what: a file that `workflow export` wrote (a `Path`, or text that ends in
                `.json`), or a workflow's id or handle.

        Returns:
            A report of each workflow.
        """
        with beside_the_loop():
            if isinstance(what, Path) or str(what).endswith(".json"):
                reports = list(check_file(what))
            else:
                _flush()
                reports = [check_workflow(_id_of(what))]
        failed = [str(report) for report in reports if report.diverges]
        if failed:
            raise AssertionError("\n".join(failed))
        return reports


def _flush() -> None:
    with beside_the_loop():
        engine().reads.run(lambda _: None)


def _id_of(workflow: Identified) -> str:
    return str(getattr(workflow, "workflow_id", workflow))


def _status_of(workflow: Identified) -> WorkflowStatus:
    _flush()
    workflow_id = _id_of(workflow)
    with beside_the_loop():
        found = get_workflow_status(workflow_id)
    if found is None:
        message = f"there is no workflow {workflow_id!r}"
        raise AssertionError(message)
    return found


def _matches(found: BaseException | None, wanted: type[BaseException] | str) -> bool:
    if isinstance(wanted, str):
        return found is not None and wanted in str(found)
    return isinstance(found, wanted)


def _is_named(name: str, wanted: Named) -> bool:
    if isinstance(wanted, str):
        return name == wanted or name.rpartition(".")[2] == wanted
    registration = registration_of(wanted)
    if registration is not None:
        return name == registration.name
    return name == f"{wanted.__module__}.{wanted.__qualname__}"


def _shown(name: Named) -> str:
    return name if isinstance(name, str) else name.__qualname__


def _fail(status: WorkflowStatus, what: str) -> None:
    """Fail with what is recorded of the workflow.

    Raises:
        AssertionError: always.
    """
    with beside_the_loop():
        steps = list_workflow_steps(status.workflow_id)
    lines = [f"workflow {status.workflow_id!r} ({status.name}) {what}"]
    if status.error is not None:
        lines.append(f"  error: {status.error!r}")
    lines += [
        f"  {step.position}. {step.name}: {step.status}"
        f"{'' if step.error is None else f', {step.error!r}'}"
        for step in steps
    ]
    raise AssertionError("\n".join(lines))
