"""Django signals that the engine sends; receivers' errors are contained.

Every signal is sent with `sender` the engine's class and keyword `workflow_id`.
"""

from django.dispatch import Signal

workflow_started = Signal()
"""A workflow begins in this process. Arguments: `workflow_id`, `name`."""

workflow_finished = Signal()
"""An outcome is recorded. Arguments: `workflow_id`, `name`, `status`."""

workflow_recovered = Signal()
"""Workflows of a dead executor were taken over. Argument: `workflow_ids`."""
