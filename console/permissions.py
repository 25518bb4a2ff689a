"""Who may do what: the only place that asks.

Every view, socket, API call and command resolves its permission here. Permissions are
Django's, so groups, superusers and authentication backends decide as everywhere in a
project. A project that decides otherwise, by object for example, names its own
function in `DURABLE_CONSOLE["PERMISSIONS"]`.
"""

from collections.abc import Callable
from enum import StrEnum

from console.actors import Actor
from console.conf import settings


class Permission(StrEnum):
    """What the console asks for; the values are names of Django's permissions."""

    VIEW_WORKFLOW = "durable_engine.view_workflow"
    VIEW_PAYLOAD = "durable_engine.view_payload"
    START_WORKFLOW = "durable_engine.start_workflow"
    CANCEL_WORKFLOW = "durable_engine.cancel_workflow"
    RESUME_WORKFLOW = "durable_engine.resume_workflow"
    FORK_WORKFLOW = "durable_engine.fork_workflow"
    DELETE_WORKFLOW = "durable_engine.delete_workflow"
    SEND_MESSAGE = "durable_engine.send_message"
    MANAGE_QUEUE = "durable_engine.manage_queue"
    MANAGE_SCHEDULE = "durable_engine.manage_schedule"
    VIEW_AUDIT = "durable_console.view_audit"
    MANAGE_TOKEN = "durable_console.manage_token"  # noqa: S105 - a permission's name


Resolver = Callable[[Actor, Permission, str], bool]
"""Decides whether an actor may do something to a target.

The target is the id of a workflow or the name of a queue or schedule; "" asks whether
the actor may do it to any.
"""


def may(actor: Actor, permission: Permission, target: str = "") -> bool:
    """Tell whether the actor may do this, to this target or to any at all.

    A token never allows more than its scope, whatever a project's resolver says.
    """
    if actor.scope is not None and permission.value not in actor.scope:
        return False
    resolve: Resolver = settings().resolver
    return resolve(actor, permission, target)


def by_object() -> bool:
    """Tell whether the project decides by itself: not all workflows may be alike.

    What is shown to all readers alike must not name any then.
    """
    return settings().resolver is not by_django


def by_django(actor: Actor, permission: Permission, target: str) -> bool:
    """Decide by Django's permissions, for all targets alike.

    Somebody at a shell, whom Django does not know, has the database in reach anyway
    and may do everything; who names a user there (`--user`) is that user.
    """
    del target
    if actor.via == "command" and actor.user.is_anonymous:
        return True
    # A user model without Django's permissions may do nothing.
    has_permission = getattr(actor.user, "has_perm", None)
    return has_permission is not None and bool(has_permission(permission.value))
