"""Who may look at workflows, and at what they were given and gave."""

from durable_engine.errors import NonExistentWorkflow
from durable_engine.management.shell.acting import may, permitted
from durable_engine.management.shell.word import Shell
from durable_engine.models import Workflow
from durable_engine.records.operators import OperatorAct

_VIEW = "durable_engine.view_workflow"
_PAYLOAD = "durable_engine.view_payload"


def require_view(shell: Shell, workflow_id: str = "") -> None:
    """Ask whether the operator may look at workflows, or at this one.

    Raises:
        NotAuthorized: no.
    """
    permitted(shell.act("view_workflow", _VIEW, "workflow", workflow_id))


def require_payloads(shell: Shell, workflow_id: str = "") -> None:
    """Ask whether the operator may look at payloads, of this one or of any.

    Raises:
        NotAuthorized: no.
    """
    permitted(_payloads(shell, workflow_id))


def shows_payloads(shell: Shell, workflow_id: str = "") -> bool:
    """Tell whether the operator may look at payloads; says so if not."""
    allowed = may(_payloads(shell, workflow_id))
    if not allowed:
        shell.terminal.note(
            f"Payloads are hidden: {shell.operator.name} lacks the permission "
            f"{_PAYLOAD}."
        )
    return allowed


def require_workflow(workflow_id: str) -> None:
    """Make sure that there is such a workflow.

    Raises:
        NonExistentWorkflow: there is none.
    """
    if not Workflow.objects.filter(id=workflow_id).exists():
        raise NonExistentWorkflow(workflow_id=workflow_id)


def _payloads(shell: Shell, workflow_id: str) -> OperatorAct:
    return shell.act("view_payload", _PAYLOAD, "workflow", workflow_id)
