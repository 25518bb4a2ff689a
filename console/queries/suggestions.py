"""What fields suggest while somebody types: names that exist. Bounded."""

from durable_engine.client.describing import describe_workflows
from durable_engine.models import Queue

_MOST = 200


def workflow_names() -> list[str]:
    """Return the names of workflows that this process knows."""
    return [one.name for one in describe_workflows()][:_MOST]


def queue_names() -> list[str]:
    """Read the names of queues that workers have declared."""
    return list(Queue.objects.order_by("name").values_list("name", flat=True)[:_MOST])
