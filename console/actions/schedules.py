"""What an operator may do to schedules."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from console.actions.acting import perform
from console.actors import Actor
from console.audit import Act
from console.permissions import Permission
from durable_engine import client

R = TypeVar("R")


def pause(actor: Actor, name: str, reason: str = "") -> None:
    """Stop the ticks of a schedule.

    Raises:
        NotAuthorized: the actor may not manage it.
        NonExistentSchedule: there is no such schedule.
    """
    _perform(actor, "pause", name, reason, lambda: client.pause_schedule(name))


def resume(actor: Actor, name: str, reason: str = "") -> None:
    """Let a schedule tick again.

    Raises:
        NotAuthorized: the actor may not manage it.
        NonExistentSchedule: there is no such schedule.
    """
    _perform(actor, "resume", name, reason, lambda: client.resume_schedule(name))


def trigger(actor: Actor, name: str, reason: str = "") -> str:
    """Start the schedule's workflow now; return its id.

    Raises:
        NotAuthorized: the actor may not manage it.
        NonExistentSchedule: there is no such schedule.
    """
    return _perform(
        actor,
        "trigger",
        name,
        reason,
        lambda: client.trigger_schedule(name).workflow_id,
    )


def backfill(
    actor: Actor,
    name: str,
    start: datetime | str,
    end: datetime | str,
    reason: str = "",
) -> list[str]:
    """Start the workflows of all ticks between two instants; return their ids.

    Raises:
        NotAuthorized: the actor may not manage it.
        NonExistentSchedule: there is no such schedule.
        ValueError: an instant is not valid, or there are too many ticks.
    """
    return _perform(
        actor,
        "backfill",
        name,
        reason,
        lambda: [one.workflow_id for one in client.backfill_schedule(name, start, end)],
    )


def _perform(
    actor: Actor, word: str, name: str, reason: str, work: Callable[[], R]
) -> R:
    act = Act(action=f"{word}_schedule", target_type="schedule", reason=reason)
    return perform(actor, act, Permission.MANAGE_SCHEDULE, name, work)
