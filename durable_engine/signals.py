"""Django signals that the engine sends; receivers' errors are contained.

Every signal is sent with `sender` the engine's class and keyword arguments, in the
process where it happens, to synchronous and asynchronous receivers. A receiver that
raises is logged with its traceback and harms nobody. Without receivers a signal costs
the look at an empty list.
"""

from django.dispatch import Signal

workflow_started = Signal()
"""A workflow begins or continues in this process. Arguments: `workflow_id`, `name`."""

step_finished = Signal()
"""A step or transaction ended here, not in a replay. Arguments: `workflow_id`,
`position`, `name`, `status` (`SUCCESS`, `ERROR`), `error` (or None), `attempts`."""

workflow_finished = Signal()
"""An outcome of any kind was recorded by this process, which ran the workflow,
cancelled it from outside, or found its deadline over. Arguments: `workflow_id`, `name`,
`status`."""

workflow_failed = Signal()
"""A recorded outcome is `ERROR` or `MAX_RECOVERY_ATTEMPTS_EXCEEDED`; sent after
`workflow_finished`. Arguments: `workflow_id`, `name`, `error`."""

workflow_recovered = Signal()
"""Workflows of dead executors were taken over here. Argument: `workflow_ids`."""

schedule_ticked = Signal()
"""This process started the workflow of a tick. Arguments: `schedule_name`,
`workflow_id`, `scheduled_at`."""

alert_raised = Signal()
"""Something is wrong, and this process watches for all. Argument: `alert`, an
`durable_engine.records.alerts.Alert`."""

operator_acting = Signal()
"""Somebody at a shell is about to act through a command. Argument: `act`, an
`durable_engine.records.operators.OperatorAct`. Unlike the others: a receiver's error
ends the command. A receiver returns the targets (of `act.target_ids`) that may be acted
on, or None if that is not its business, or raises `NotAuthorized`; of several answers
all must agree. Without any, Django's permission `act.permission` of the user decides."""

operator_acted = Signal()
"""The act is over. Arguments: `act`, with the targets that were allowed, and `outcome`,
an `OperatorOutcome`. Sent within the transaction of what was done, and after it if that
failed; a receiver's error takes back what was done."""
