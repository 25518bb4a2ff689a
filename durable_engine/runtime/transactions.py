"""Running a transaction: the user's writes and the checkpoint commit together.

On the engine's alias the fenced checkpoint is the last statement before COMMIT. On
another alias a proof row commits with the user's writes, and the step is a copy of
it; a replay looks for the proof first.
"""

import enum
import logging
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from durable_engine import serialization
from durable_engine.errors import AtomicBlock, WorkflowCancelled, WorkflowFenced
from durable_engine.records import StepRow
from durable_engine.retries import Backoff
from durable_engine.runtime import replay
from durable_engine.runtime.announcing import announce_step
from durable_engine.runtime.context import Frame, Run, enter_frame, leave_frame
from durable_engine.runtime.operations import Operation
from durable_engine.runtime.registry import TransactionRegistration
from durable_engine.runtime.tracing import step_span
from durable_engine.states import WorkflowState
from durable_engine.store import steps
from durable_engine.store.session import (
    Fault,
    Session,
    connection_of,
    dialect_for,
    recycle_connections,
)

logger = logging.getLogger(__name__)

_CONFLICT_TRIES = 20
ISOLATION_LEVELS = (
    "SERIALIZABLE",
    "REPEATABLE READ",
    "READ COMMITTED",
    "READ UNCOMMITTED",
)


class _NotRecorded(Exception):  # noqa: N818 - control flow inside this module
    """The checkpoint was not accepted: roll the user's writes back."""


def run_transaction(
    run: Run,
    registration: TransactionRegistration,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Operation[Any]:
    """Run one transaction of a workflow, or return what it returned before.

    Raises:
        AtomicBlock: the caller is inside `atomic()` on the same alias.
        Exception: what the function raised; its writes are rolled back.
    """
    with run.engine.store.alone():
        return (yield from _run_alone(run, registration, args, kwargs))


def _run_alone(
    run: Run,
    registration: TransactionRegistration,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Operation[Any]:
    alias = registration.using or run.engine.store.alias
    if run.engine.store.in_callers_transaction(alias):
        raise AtomicBlock(operation=f"the transaction {registration.name}")
    position, recorded = yield from replay.begin(run, registration.name)
    if recorded is not None:
        return replay.value_of(run, recorded)
    attempt = _Attempt(run, registration, position, alias)
    try:
        value = attempt.until_committed(args, kwargs)
    except Exception as error:
        name, made = registration.name, attempt.attempts
        yield from announce_step(run, position, name, error, made)
        raise
    yield from announce_step(run, position, registration.name, None, attempt.attempts)
    return value


def run_plain(
    registration: TransactionRegistration,
    default_alias: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Run the function outside any workflow: a plain `atomic()` call."""
    alias = registration.using or default_alias
    connection = connection_of(alias)
    nested = connection.in_atomic_block
    with transaction.atomic(using=alias):
        if not nested:
            _characterise(connection, registration)
        return registration.function(*args, **kwargs)


class _Decision(enum.Enum):
    """What to do after a failed attempt, where no output was committed."""

    AGAIN = "again"
    FAILED = "failed"


class _Attempt:
    """One transaction step in one execution of its workflow."""

    def __init__(
        self,
        run: Run,
        registration: TransactionRegistration,
        position: int,
        alias: str,
    ) -> None:
        self.run = run
        self.registration = registration
        self.position = position
        self.alias = alias
        self.elsewhere = alias != run.engine.store.alias
        self.connection = connection_of(alias)
        self.dialect = dialect_for(self.connection.vendor)
        self.started_at = run.engine.clock.now()
        self.attempts = 0
        self.returned = False  # the function has: what fails now is the commit
        self.entered = False  # the function has begun, on this connection:
        self.raw: Any = None
        self.broken = False  # the function failed, and its transaction with it
        self.losses = 0  # connections that were lost while the function ran
        self.committed = False  # what fails now is a callback of `on_commit`
        self.value: Any = None
        self.output = ""
        self.completed_at = self.started_at

    def until_committed(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run until the commit is certain, or the function itself has failed."""
        if self.elsewhere and self.run.epoch > 1:
            proof = self._proof()
            if proof is not None:
                return self._copy(proof)
        backoff = Backoff(first_seconds=0.005)
        while True:
            self.attempts += 1
            self.run.check()
            if self.run.place is not None:
                recycle_connections()
            try:
                return self._once(args, kwargs)
            except _NotRecorded:
                return self._refused()
            except Exception as error:
                decision = self._again(error)
                if decision is _Decision.FAILED:
                    self._record_failure(error)
                    raise
                if isinstance(decision, str):
                    return serialization.decode(self.run.engine.serializer, decision)
                self.run.engine.stopping.wait(backoff.next_seconds())

    def _once(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        # Around the block: what runs after its commit is not the workflow's body.
        name = self.registration.name
        frame = Frame(self.run, self.position, self.attempts, step_name=name)
        token = enter_frame(frame)
        span = step_span(self.run, name, self.position, self.attempts)
        try:
            self._commit(args, kwargs)
        except Exception as error:
            if span is not None:
                span.failed(error)
            if not self.committed:
                raise
            # What is recorded decides: a replay will see the value.
            logger.exception("transaction %s: failed after its commit", name)
        finally:
            if span is not None:
                span.close()
            leave_frame(token)
        if self.registration.read_only or self.elsewhere:
            self._record(self.output)
        else:
            self.run.passed(self.completed_at)
            replay.witness(self.run, self.position)
        return self.value

    def _commit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        registration = self.registration
        nested = self.connection.in_atomic_block  # the testing kit's: a test's own
        self.entered = self.returned = self.broken = False
        with (
            self.dialect.writing(self.connection),
            transaction.atomic(using=self.alias),
        ):
            if not nested:
                _characterise(self.connection, registration)
            transaction.on_commit(self._note_commit, using=self.alias)
            self.entered, self.raw = True, self.connection.connection
            try:
                self.value = registration.function(*args, **kwargs)
            except Exception as error:
                # Asked before `atomic()` ends: it connects anew by itself.
                self.broken = self.dialect.is_broken(self.connection, error)
                raise
            self.returned = True
            self.output = replay.encode_output(
                self.run, self.value, f"the result of transaction {registration.name}"
            )
            row = self._row(self.output)
            self.completed_at = row.completed_at or self.started_at
            if not registration.read_only and not self._checkpoint(row):
                raise _NotRecorded

    def _note_commit(self) -> None:
        self.committed = True  # the first to be called after it

    def _row(self, output: str) -> StepRow:
        return StepRow(
            workflow_id=self.run.workflow_id,
            epoch=self.run.epoch,
            position=self.position,
            name=self.registration.name,
            started_at=self.started_at,
            completed_at=self.run.engine.clock.now(),
            output=output,
            attempts=self.attempts,
        )

    def _checkpoint(self, row: StepRow) -> bool:
        """Record the step on the user's connection: the last statement."""
        if not self.elsewhere:
            session = self.run.engine.store.borrow()
            return steps.record_last(session, row, self.run.engine.executor_id)
        session = self.dialect.borrow(self.connection)
        return steps.prove(session, row, self.run.created_at) and self._still_owner()

    def _still_owner(self) -> bool:
        found = self._ownership()
        mine = (WorkflowState.PENDING, self.run.epoch, self.run.engine.executor_id)
        return found is not None and found[:3] == mine

    def _ownership(self) -> Any:
        """Read owner and step, after any commit in flight has ended."""
        parameters = {"workflow_id": self.run.workflow_id, "position": self.position}

        def read(session: Session) -> Any:
            with session.transaction():
                session.rows("workflow_lock", {"id": self.run.workflow_id})
                return session.row("ownership_read", parameters)

        return self.run.engine.reads.run(read)

    def _again(self, error: Exception) -> _Decision | str:
        """Decide after a failure: again, failed, or the committed output."""
        fault = self.dialect.classify(error)
        if fault is Fault.CONFLICT:
            return (
                _Decision.AGAIN if self.attempts < _CONFLICT_TRIES else _Decision.FAILED
            )
        if fault is not Fault.TRANSIENT:
            return _Decision.FAILED
        if self.entered and not self.returned and not self._interrupted():
            return _Decision.FAILED
        # The connection broke, perhaps after COMMIT was sent: only the database
        # knows. Nothing is guessed (I6).
        logger.warning("a transaction lost its connection: %s", error)
        self.connection.close()
        if self.elsewhere:
            return _Decision.AGAIN  # its proof, if there, refuses a second commit
        found = self._ownership()
        if found is not None and found[4] and found[3] == self.run.epoch:
            return str(found[5])
        return _Decision.AGAIN

    def _interrupted(self) -> bool:
        """Whether the function failed by its own connection, through no fault of its.

        What costs it one connection after the other, such as idling for longer than
        the server allows, is its own doing.
        """
        lost = self.connection.connection is not self.raw
        self.losses += lost
        refused = self.registration.read_only and not lost
        return self.broken and not refused and self.losses < _CONFLICT_TRIES

    def _proof(self) -> str | None:
        connection = self.connection
        session = self.dialect.borrow(connection)
        run = self.run
        found = steps.read_proof(
            session, run.workflow_id, self.position, run.created_at
        )
        if found is None:
            return None
        if found[0] != self.registration.name:
            raise replay.diverged(
                self.run, self.position, found[0], self.registration.name
            )
        return found[1]

    def _copy(self, output: str) -> Any:
        self._record(output)
        return serialization.decode(self.run.engine.serializer, output)

    def _refused(self) -> Any:
        """The checkpoint was not accepted: somebody else decided."""
        if self.elsewhere:
            proof = self._proof()
            if proof is not None and self._still_owner():
                return self._copy(proof)
        found = self._ownership()
        if found is not None and found[0] == WorkflowState.CANCELLED:
            self.run.halt(WorkflowCancelled(self.run.workflow_id))
        else:
            self.run.halt(WorkflowFenced(self.run.workflow_id))
        self.run.check()
        return None

    def _record(self, output: str) -> None:
        replay.record(
            self.run,
            self.position,
            self.registration.name,
            started_at=self.started_at,
            output=output,
            attempts=self.attempts,
        )

    def _record_failure(self, error: Exception) -> None:
        self.run.check()
        replay.record(
            self.run,
            self.position,
            self.registration.name,
            started_at=self.started_at,
            error=replay.encode_failure(self.run, error),
            attempts=self.attempts,
        )


def _characterise(
    connection: BaseDatabaseWrapper, registration: TransactionRegistration
) -> None:
    """Apply isolation level and read-only mode, where the database knows them."""
    if registration.isolation_level is not None or registration.read_only:
        dialect_for(connection.vendor).characterise(
            connection,
            isolation_level=registration.isolation_level,
            read_only=registration.read_only,
        )
