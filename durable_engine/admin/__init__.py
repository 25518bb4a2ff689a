"""The engine in Django's admin: to look at, not to change.

Imported by the admin, where it is installed, and by nobody else. Whoever may view
workflows sees the pages; payloads need the permission `view_payload`. Acting on
workflows is the console's, where every act leaves a trail.
"""

from durable_engine.admin.pages import (
    ApplicationVersionAdmin,
    ExecutorAdmin,
    QueueAdmin,
    ScheduleAdmin,
    WorkflowAdmin,
)
from durable_engine.admin.subjects import WorkflowInline

__all__ = [
    "ApplicationVersionAdmin",
    "ExecutorAdmin",
    "QueueAdmin",
    "ScheduleAdmin",
    "WorkflowAdmin",
    "WorkflowInline",
]
