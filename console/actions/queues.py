"""What an operator may do to queues."""

from typing import Any

from console.actions.acting import perform
from console.actors import Actor
from console.audit import Act
from console.permissions import Permission
from durable_engine import client


def pause(actor: Actor, name: str, reason: str = "") -> None:
    """Stop starting what is in a queue.

    Raises:
        NotAuthorized: the actor may not manage it.
        ValueError: the name is not valid.
    """
    act = Act(action="pause_queue", target_type="queue", reason=reason)
    perform(actor, act, Permission.MANAGE_QUEUE, name, lambda: client.pause_queue(name))


def resume(actor: Actor, name: str, reason: str = "") -> None:
    """Start again what is in a paused queue.

    Raises:
        NotAuthorized: the actor may not manage it.
        ValueError: the name is not valid.
    """
    act = Act(action="resume_queue", target_type="queue", reason=reason)
    perform(
        actor, act, Permission.MANAGE_QUEUE, name, lambda: client.resume_queue(name)
    )


def set_limits(
    actor: Actor, name: str, limits: dict[str, Any], reason: str = ""
) -> None:
    """Override limits of a queue; None resets one to what code declares.

    Args:
        actor: who does it.
        name: of the queue.
        limits: of `concurrency`, `worker_concurrency`, `limiter` and
            `partition_concurrency` those that change.
        reason: why.

    Raises:
        NotAuthorized: the actor may not manage it.
        ValueError: a limit is below 1, or the name is not valid.
    """
    act = Act(action="set_queue_limits", target_type="queue", reason=reason)
    perform(
        actor,
        act,
        Permission.MANAGE_QUEUE,
        name,
        lambda: client.set_queue_limits(name, **limits),
    )
