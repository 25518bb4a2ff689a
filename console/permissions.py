"""Who may do what: the only place of the console that asks.

Every view, socket and action resolves its permission here. Permissions are Django's,
so groups, superusers and authentication backends decide as everywhere in a project.
"""

from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


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


def may(user: AbstractBaseUser | AnonymousUser, permission: Permission) -> bool:
    """Tell whether this user is active and holds the permission."""
    # A user model without Django's permissions may do nothing.
    has_permission = getattr(user, "has_perm", None)
    return has_permission is not None and bool(has_permission(permission.value))
