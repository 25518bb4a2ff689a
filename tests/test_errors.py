"""Every error tells what happened, keeps its data, and survives a copy and a pickle."""

import copy
import inspect
import pickle
from dataclasses import fields

import pytest

from durable_engine import errors
from durable_engine.errors import (
    AtomicBlock,
    AwaitedWorkflowCancelled,
    AwaitedWorkflowMaxRecoveryAttemptsExceeded,
    ConflictingRegistration,
    ConflictingWorkflow,
    DatabaseUnavailable,
    DurableError,
    DurableWarning,
    EngineStopped,
    MaxStepRetriesExceeded,
    NonDeterminism,
    NonExistentSchedule,
    NonExistentWorkflow,
    NotAuthorized,
    OutsideWorkflow,
    PayloadTooLarge,
    QueryInWorkflow,
    QueueDeduplicated,
    SerializationError,
    StepTimeout,
    StreamTimeout,
    SynchronousCallInEventLoop,
    UnregisteredInstance,
    UnregisteredWorkflow,
    WorkflowCancelled,
    WorkflowFailed,
    WorkflowFenced,
    WorkflowInterruption,
    WorkflowUnloaded,
)

MESSAGES = [
    (
        AtomicBlock("checkout()"),
        (
            "checkout() was called inside transaction.atomic(); its steps could not be "
            "recorded before the block commits. Call it outside the block, or use "
            "start_workflow(), which joins the block's transaction and runs after the "
            "commit. A test uses the testing kit: DurableTestCase, or durable_kit."
        ),
    ),
    (
        AwaitedWorkflowCancelled("w-1"),
        (
            "Workflow 'w-1' was cancelled and has no result. resume_workflow('w-1') "
            "continues it after its last completed step."
        ),
    ),
    (
        AwaitedWorkflowMaxRecoveryAttemptsExceeded("w-1", 3),
        (
            "Workflow 'w-1' was given up after 3 recovery attempts: its processes ended "
            "before it did. Find out what ends them, then call resume_workflow('w-1')."
        ),
    ),
    (
        AwaitedWorkflowMaxRecoveryAttemptsExceeded("w-1"),
        (
            "Workflow 'w-1' was given up after its limit of recovery attempts: its "
            "processes ended before it did. Find out what ends them, then call "
            "resume_workflow('w-1')."
        ),
    ),
    (
        ConflictingRegistration("pay", "shop.pay", "till.pay"),
        (
            "The name 'pay' is registered twice: by shop.pay and by till.pay. Give one of "
            "them another name with name=..."
        ),
    ),
    (
        ConflictingWorkflow("w-1", "shop.pay", "shop.ship"),
        (
            "Workflow id 'w-1' belongs to 'shop.pay' and was used to call 'shop.ship'; "
            "nothing was started. Use another id."
        ),
    ),
    (
        MaxStepRetriesExceeded("charge", 2, [ValueError("a"), KeyError("b")]),
        (
            "Step 'charge' failed at each of its 2 attempts; the last error was KeyError: "
            "'b'. All are in .errors; retry_workflow() runs the workflow again "
            "from this step."
        ),
    ),
    (
        MaxStepRetriesExceeded("charge", 3, [ValueError("a"), KeyError("b")]),
        (
            "Step 'charge' failed at each of its 3 attempts; the last error was KeyError: "
            "'b'. Not all are in .errors; retry_workflow() runs the workflow again "
            "from this step."
        ),
    ),
    (
        MaxStepRetriesExceeded("charge", 2, []),
        (
            "Step 'charge' failed at each of its 2 attempts. All are in .errors; "
            "retry_workflow() runs the workflow again from this step."
        ),
    ),
    (
        NonDeterminism("w-1", 3, "charge", "ship"),
        (
            "Workflow 'w-1' recorded 'charge' at position 3, but its code called 'ship' "
            "there. Mend the code (or guard the change with patch()), then fork or retry "
            "the workflow."
        ),
    ),
    (
        NonDeterminism("w-1", 3, None, None),
        (
            "Workflow 'w-1' recorded nothing at position 3, but its code called nothing "
            "there. Mend the code (or guard the change with patch()), then fork or retry "
            "the workflow."
        ),
    ),
    (
        NonExistentWorkflow("w-1"),
        (
            "There is no workflow 'w-1'. Check the id; it may also have been deleted, or "
            "its start was rolled back or has not committed yet."
        ),
    ),
    (
        NonExistentSchedule("nightly"),
        (
            "There is no schedule 'nightly'. Check the name; list_schedules() shows "
            "them all. One that is declared in code exists once a worker of that code "
            "started."
        ),
    ),
    (
        NotAuthorized("cancel_workflow", "ada"),
        (
            "User 'ada' may not do this: the permission 'cancel_workflow' is missing. "
            "Grant it to the user or to one of the user's groups."
        ),
    ),
    (
        PayloadTooLarge("the output of pay", 20_000_000, 16_777_216),
        (
            "The payload of the output of pay has 20,000,000 bytes and the limit is "
            "16,777,216; nothing was stored. Store the data elsewhere and pass its key, or "
            "raise DURABLE_ENGINE['MAX_PAYLOAD_BYTES']."
        ),
    ),
    (
        QueryInWorkflow("SELECT 1", "shop/workflows.py:7"),
        (
            "A workflow body queried the database at shop/workflows.py:7: SELECT 1. A "
            "replay could see other data. Move the query into a @step or a @transaction, "
            "or set guard='off' for this workflow."
        ),
    ),
    (
        QueueDeduplicated("w-1", "mail", "order-7"),
        (
            "Deduplication id 'order-7' of queue 'mail' is held by workflow 'w-1'; nothing "
            "was enqueued. Wait until it ends, or pass "
            "duplication_policy='return-existing' to get its handle."
        ),
    ),
    (
        SerializationError("args[0]", "object", "It cannot be stored."),
        "args[0] (object): It cannot be stored.",
    ),
    (
        StepTimeout("charge", 2.50),
        (
            "Step 'charge' did not end within 2.5 seconds and was cancelled. Raise its "
            "timeout_seconds, or let it retry with retries_allowed=True."
        ),
    ),
    (
        StreamTimeout("w-1", "log", 30),
        (
            "Stream 'log' of workflow 'w-1' had nothing new for 30 seconds and is not "
            "closed. Read it again later, or with a longer timeout_seconds."
        ),
    ),
    (
        UnregisteredInstance("shop.mail:Mailer 'fast'"),
        (
            "This process has not registered shop.mail:Mailer 'fast'. Call "
            "durable.register_instance(instance, name) at start-up."
        ),
    ),
    (
        UnregisteredWorkflow("shop.pay"),
        (
            "No workflow is registered as 'shop.pay' in this process. Check the name, and "
            "that its module is imported at start-up: put it in a module named 'workflows' "
            "of an installed app."
        ),
    ),
    (
        WorkflowFailed("w-1", "shop.Declined", "no {money}", "Traceback ..."),
        (
            "Workflow 'w-1' failed with shop.Declined: no {money} (its class could not be "
            "rebuilt in this process; the recorded traceback is in .traceback_text)"
        ),
    ),
    (
        SynchronousCallInEventLoop("recv", "recv_async"),
        "recv() was called while an event loop is running; use await recv_async()",
    ),
    (
        OutsideWorkflow("recv"),
        (
            "recv() was called outside any workflow. Call it in the body of a @workflow "
            "function, not in a step and not in plain code."
        ),
    ),
    (
        DatabaseUnavailable(30.0),
        (
            "The engine's database has not answered for 30 seconds, so this call gave "
            "up; workflows that run lose nothing. Whether it took effect is not known: "
            "make it again under the same id (SetWorkflowID) or idempotency key."
        ),
    ),
    (
        EngineStopped("SIGTERM"),
        (
            "The engine of this process is stopping (SIGTERM). Nothing was lost: another "
            "worker, or the next start, continues what is recorded; repeat this call "
            "there."
        ),
    ),
    (
        WorkflowInterruption("w-1"),
        "Workflow 'w-1' was interrupted; let this signal pass.",
    ),
    (
        WorkflowCancelled("w-1"),
        (
            "Workflow 'w-1' was cancelled; it stops at this durable call. "
            "resume_workflow('w-1') continues it from here."
        ),
    ),
    (
        WorkflowUnloaded("w-1"),
        (
            "Workflow 'w-1' is being unloaded while it waits; a worker continues it by "
            "replay when it is due. Let this signal pass."
        ),
    ),
    (
        WorkflowFenced("w-1"),
        (
            "Workflow 'w-1' is no longer owned by this execution, which stops and "
            "writes nothing. Let this signal pass."
        ),
    ),
]
every_error = pytest.mark.parametrize(
    "error", [error for error, _ in MESSAGES], ids=lambda error: type(error).__name__
)


def data(error: BaseException) -> dict[str, str]:
    return {name: repr(value) for name, value in vars(error).items()}


@pytest.mark.parametrize(
    ("error", "message"), MESSAGES, ids=lambda value: type(value).__name__
)
def test_the_message_says_what_happened_and_what_to_do(
    error: BaseException, message: str
) -> None:
    assert str(error) == message
    assert error.message == message


def test_no_error_is_forgotten_here() -> None:
    public = {
        each
        for name, each in inspect.getmembers(errors, inspect.isclass)
        if not name.startswith("_") and issubclass(each, BaseException)
    }
    tested = {type(error) for error, _ in MESSAGES}
    assert public - tested == {DurableError, DurableWarning}


@every_error
def test_a_pickled_error_is_the_same(error: BaseException) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert data(twin) == data(error)


@every_error
def test_an_error_is_rebuilt_from_its_attributes(error: BaseException) -> None:
    twin = type(error)(**vars(error))
    assert twin.args == error.args
    assert data(twin) == data(error)
    assert [*vars(error)] == [field.name for field in fields(error)]


@every_error
def test_an_error_is_equal_to_itself_alone_and_hashable(error: BaseException) -> None:
    assert error == error  # noqa: PLR0124 - this is the question
    assert error != copy.copy(error)
    assert len({error, copy.copy(error)}) == 2


def test_signals_are_no_exceptions_and_everything_else_has_one_root() -> None:
    for error, _ in MESSAGES:
        signal = isinstance(error, WorkflowInterruption)
        assert signal is not isinstance(error, Exception)
        assert signal is not isinstance(error, DurableError)
    assert issubclass(DurableWarning, UserWarning)
    assert isinstance(SynchronousCallInEventLoop("a", "b"), RuntimeError)
    assert isinstance(OutsideWorkflow("recv"), RuntimeError)


def test_the_root_takes_anything_and_can_be_derived_from() -> None:
    class MineError(DurableError):
        def __init__(self, order: int) -> None:
            super().__init__(order)
            self.order = order

    assert str(DurableError("a text")) == "a text"
    assert str(DurableError("a text", 2)) == "('a text', 2)"
    assert (str(MineError(7)), MineError(7).order) == ("7", 7)


def test_a_user_is_kept_as_text_only() -> None:
    error = NotAuthorized("view_payload", user=object())
    assert isinstance(error.user, str)
    assert error.args == ("view_payload", error.user)


def test_data_is_required() -> None:
    with pytest.raises(TypeError, match="operation"):
        AtomicBlock()  # type: ignore[call-arg]
