"""`workflow start`."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models.functions import Now

from durable_engine import client
from durable_engine.errors import (
    DurableError,
    NonExistentWorkflow,
    NotAuthorized,
    SerializationError,
    UnregisteredWorkflow,
)
from durable_engine.ids import check_workflow_id
from durable_engine.inspection import get_workflow_status
from durable_engine.management.shell.acting import perform_one
from durable_engine.management.shell.documents import write_document
from durable_engine.management.shell.faults import UsageError, usage_errors
from durable_engine.management.shell.given import (
    amount,
    json_list,
    json_object,
    positive,
)
from durable_engine.management.shell.plain import as_json
from durable_engine.management.shell.terminal import printable
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.management.workflow.listing import item
from durable_engine.management.workflow.viewing import shows_payloads
from durable_engine.models import Executor
from durable_engine.primitives.starting import SetStartedBy
from durable_engine.states import WorkflowState


class Start(Word):
    """Starts a workflow by its name."""

    name = "start"
    help = (
        "Start a workflow by its registered name, and write its id. Under an id that is "
        "in use nothing starts. With --wait, write its result once it has ended."
    )
    examples = """
    workflow start shop.workflows.checkout --args '[42]' --id order-42
    workflow start shop.workflows.report --kwargs '{"year": 2026}' --queue reports
    workflow start shop.workflows.checkout --args '[42]' --wait
    """
    writes = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the name, its arguments, and all that a start can be given."""
        parser.add_argument("name", metavar="NAME", help="as it is registered")
        parser.add_argument(
            "--args",
            type=json_list,
            default=[],
            dest="call_args",
            metavar="JSON",
            help="its arguments: a JSON array",
        )
        parser.add_argument(
            "--kwargs",
            type=json_object,
            default={},
            dest="call_kwargs",
            metavar="JSON",
            help="its keyword arguments: a JSON object",
        )
        parser.add_argument(
            "--wait", action="store_true", help="wait for its end, write its result"
        )
        _add_order(parser)

    def run(self, shell: Shell, options: Options) -> None:
        """Start it, and perhaps wait."""
        workflow_id = _start(shell, _order(options))
        if not _worker_is_alive():
            shell.terminal.note(
                "No worker is running; it waits for one: manage.py durable_worker"
            )
        if options["wait"]:
            _wait(shell, workflow_id)
        elif shell.terminal.as_json:
            _write_item(shell, workflow_id)
        else:
            shell.terminal.line(workflow_id)


def _worker_is_alive() -> bool:
    """Tell whether any worker has its lease, by the database's clock."""
    workers = Executor.objects.filter(kind="worker", lease_expires_at__gt=Now())
    return workers.exists()


def _add_order(parser: CommandParser) -> None:
    parser.add_argument(
        "--id", dest="workflow_id", metavar="ID", help="its id (default: a new one)"
    )
    parser.add_argument("--queue", metavar="NAME", help="where it waits for its turn")
    parser.add_argument(
        "--timeout", type=amount, metavar="SECONDS", help="cancelled after so long"
    )
    parser.add_argument(
        "--priority", type=positive, metavar="N", help="in its queue, 1 first"
    )
    parser.add_argument(
        "--delay", type=amount, metavar="SECONDS", help="starts no earlier"
    )
    parser.add_argument(
        "--deduplication-id", metavar="TEXT", help="one at a time in its queue"
    )
    parser.add_argument(
        "--partition-key", metavar="TEXT", help="the partition of its queue"
    )
    parser.add_argument(
        "--attributes", type=json_object, metavar="JSON", help="a JSON object"
    )


def _order(options: Options) -> client.StartOrder:
    return client.StartOrder(
        name=options["name"],
        args=tuple(options["call_args"]),
        kwargs=options["call_kwargs"],
        workflow_id=options["workflow_id"],
        queue=options["queue"],
        timeout_seconds=options["timeout"],
        priority=options["priority"],
        delay_seconds=options["delay"],
        deduplication_id=options["deduplication_id"],
        queue_partition_key=options["partition_key"],
        attributes=options["attributes"],
    ).with_id()


def _start(shell: Shell, order: client.StartOrder) -> str:
    with usage_errors():  # before it gets into the audit trail
        workflow_id = check_workflow_id(order.workflow_id or "")
    permission = "durable_engine.start_workflow"
    act = shell.act("start_workflow", permission, "workflow", workflow_id)

    def work() -> str:
        with SetStartedBy(shell.operator.name):
            return client.start_registered(order)

    try:
        with usage_errors():
            return perform_one(act, work, detail=order.name)
    except (UnregisteredWorkflow, SerializationError) as error:
        raise UsageError(str(error)) from error


def _wait(shell: Shell, workflow_id: str) -> None:
    """Wait for the end; write the result, or fail with what the workflow failed with.

    Raises:
        CommandError: it has not succeeded, or was deleted.
    """
    handle: client.WorkflowHandle[Any] = client.WorkflowHandle(workflow_id)
    failure: Exception | None = None
    result = None
    try:
        result = handle.get_result()
    except (NonExistentWorkflow, NotAuthorized):
        raise
    except Exception as error:  # noqa: BLE001 - the workflow's own, whatever it is
        failure = error
    if shell.terminal.as_json:
        _write_item(shell, workflow_id)
    elif failure is None and shows_payloads(shell, workflow_id):
        shell.terminal.line(as_json(result, indent=2))
    if failure is not None:
        raise _ended_badly(shell, workflow_id, failure)


def _ended_badly(shell: Shell, workflow_id: str, failure: Exception) -> CommandError:
    status = get_workflow_status(workflow_id)
    state = WorkflowState.ERROR if status is None else status.status
    told = f"{type(failure).__name__}: {failure}"
    if isinstance(failure, DurableError):
        told = str(failure)
    elif not shows_payloads(shell, workflow_id):
        told = "its error is hidden"
    return CommandError(f"{workflow_id} ended as {state}: {printable(told)}")


def _write_item(shell: Shell, workflow_id: str) -> None:
    status = get_workflow_status(workflow_id)
    if status is None:
        raise NonExistentWorkflow(workflow_id=workflow_id)
    payloads = shows_payloads(shell, workflow_id)
    write_document(shell.terminal, item(status, payloads=payloads))
