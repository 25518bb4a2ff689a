"""What is to be started, and the row it becomes.

Called by `calls` and `launch`. Everything a user can set on a start is validated
here, before anything is written.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

import orjson

from durable_engine import serialization
from durable_engine.ids import check_key, check_workflow_id
from durable_engine.records import NewWorkflow
from durable_engine.runtime.context import Run, StartOptions, current_options
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.receivers import stored_arguments
from durable_engine.runtime.registry import INTERNAL_QUEUE, WorkflowRegistration
from durable_engine.runtime.signatures import check_arguments
from durable_engine.runtime.tracing import current_trace_context
from durable_engine.states import WorkflowState

_HIGHEST_PRIORITY = 2**31 - 1
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # not of an escaped backslash


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be started.

    `registration` None: only the name is known here, any version may run it. `item`
    says which of several it is that are started together.
    """

    name: str
    registration: WorkflowRegistration | None
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    queue_name: str | None = None  # None: not through a queue
    workflow_id: str | None = None
    priority: int | None = None
    deduplication_id: str | None = None
    delay_seconds: float | None = None
    queue_partition_key: str | None = None
    app_version: str | None = None
    duplication_policy: str = "reject"
    schedule_name: str | None = None
    item: int | None = None

    def check_arguments(self, engine: Engine) -> None:
        """Refuse arguments that do not fit the function, if it is that of this process.

        Raises:
            TypeError: they do not fit.
        """
        if self.registration is None:
            return
        if self.app_version is not None and self.app_version != engine.app_version:
            return  # another version's function may take others
        check_arguments(self.registration, self.args, self.kwargs, self.item)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A workflow that exists now; `local` if it runs in this process."""

    workflow_id: str
    local: Run | None = None
    created_at: float | None = None  # None: it was there before, or is a child


def take_id() -> str | None:
    """Return the id set by `SetWorkflowID`, once."""
    options = current_options()
    if options is None or options.workflow_id is None or options.workflow_id_used:
        return None
    options.workflow_id_used = True
    return options.workflow_id


def row_of(
    engine: Engine,
    request: Request,
    workflow_id: str,
    parent: Run | None = None,
    position: int | None = None,
    *,
    started_by: str | None,
) -> NewWorkflow:
    """Build the row of a start; it is not placed yet (`ENQUEUED`, no queue).

    Args:
        engine: of this process.
        request: what is to be started.
        workflow_id: its id.
        parent: the workflow that starts it, if one does.
        position: where in the parent.
        started_by: who starts it, as `starters.starter` says.

    Raises:
        TypeError: the arguments do not fit the function.
        SerializationError: an argument cannot be encoded.
        PayloadTooLarge: the arguments are larger than the setting allows.
        ValueError: an id, key, priority or delay is not valid.
    """
    options = current_options() or StartOptions()
    request.check_arguments(engine)
    inputs = serialization.encode_inputs(
        engine.serializer,
        stored_arguments(engine.registry, request.registration, request.args),
        request.kwargs,
        limit_bytes=engine.settings.max_payload_bytes,
    )
    deadline = parent.claimed.deadline if parent is not None else None
    if options.drop_deadline or options.timeout_seconds is not None:
        deadline = None
    subject_type, subject_id = None, None
    if options.subject is not None:
        subject_type, subject_id = subject_key(options.subject)
    return NewWorkflow(
        id=check_workflow_id(workflow_id),
        name=request.name,
        status=WorkflowState.ENQUEUED,
        inputs=inputs,
        queue_name=request.queue_name,
        priority=_priority(request.priority),
        queue_partition_key=_key(request.queue_partition_key, "a partition key"),
        deduplication_id=_deduplication_id(request),
        app_version=_version(engine, request),
        parent_workflow_id=parent.workflow_id if parent is not None else None,
        parent_position=position,
        schedule_name=request.schedule_name,
        subject_type=subject_type,
        subject_id=subject_id,
        attributes=attributes_text(options.attributes),
        started_by=started_by,
        trace_context=current_trace_context(engine.settings),
        deadline=deadline,
        timeout_seconds=options.timeout_seconds,
    )


def _deduplication_id(request: Request) -> str | None:
    if request.deduplication_id is None and request.duplication_policy != "reject":
        message = (
            f"duplication_policy={request.duplication_policy!r} needs a "
            "deduplication_id: it says what a held one does"
        )
        raise ValueError(message)
    return _key(request.deduplication_id, "a deduplication id")


def _version(engine: Engine, request: Request) -> str:
    """Return the version whose workers may run it; empty: any."""
    if request.app_version is not None:
        return check_key(request.app_version, what="app_version")
    registration = request.registration
    if registration is None or registration.any_version:
        return ""
    return engine.app_version


def attributes_text(attributes: object) -> str | None:
    """Return attributes as they are stored.

    Raises:
        ValueError: they are no JSON object, or hold what PostgreSQL would refuse, which
            would end the caller's transaction.
    """
    if attributes is None:
        return None
    if not isinstance(attributes, dict):
        message = f"attributes must be a dict or None, not {attributes!r}"
        raise ValueError(message)  # noqa: TRY004 - as of other bad attributes
    try:
        text = orjson.dumps(attributes).decode()
    except TypeError as error:
        message = f"attributes must be JSON: {error}"
        raise ValueError(message) from error
    if _NUL.search(text):
        message = "attributes must not hold the character NUL, which is not stored"
        raise ValueError(message)
    return text


def placed(request: Request, row: NewWorkflow) -> NewWorkflow:
    """Decide where a start waits for a worker, unless it is born in this one."""
    if request.queue_name is None:
        return replace(row, queue_name=INTERNAL_QUEUE)
    delay = request.delay_seconds
    if not delay:
        return row
    return replace(row, status=WorkflowState.DELAYED, delay_seconds=delay)


def owned(engine: Engine, row: NewWorkflow) -> NewWorkflow:
    """Return the row as born here: pending, owned, in its first epoch."""
    return replace(
        row,
        status=WorkflowState.PENDING,
        queue_name=None,
        executor_id=engine.executor_id,
        app_version=engine.app_version,
        epoch=1,
        recovery_attempts=1,
        deadline=_deadline(engine, row),
    )


def _deadline(engine: Engine, row: NewWorkflow) -> float | None:
    """Return when a workflow that begins now must have ended."""
    if row.deadline is not None or row.timeout_seconds is None:
        return row.deadline
    return engine.now() + row.timeout_seconds


def subject_key(subject: Any) -> tuple[str, str]:
    """Return type and id of the model instance that a workflow belongs to.

    Raises:
        ValueError: it is none that is saved.
    """
    key = None if isinstance(subject, type) else getattr(subject, "pk", None)
    if key is None:
        message = f"subject must be a saved model instance, not {subject!r}"
        raise ValueError(message)
    return str(subject._meta.label_lower), str(key)  # noqa: SLF001 - Django's API


def _priority(priority: object) -> int:
    if priority is None:
        return 0
    if (
        not isinstance(priority, int)
        or isinstance(priority, bool)
        or not 1 <= priority <= _HIGHEST_PRIORITY
    ):
        message = f"priority must be 1 to {_HIGHEST_PRIORITY}, not {priority!r}"
        raise ValueError(message)
    return priority


def _key(value: str | None, what: str) -> str | None:
    return None if value is None else check_key(value, what=what)
