"""Django's tasks, from wherever this Django has them.

`django.tasks` on Django 6, else the backport `django_tasks`; the other modules of this
room import from here and know no difference. The backport is a copy of the same code:
only one exception has another name.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

NAME = "django.tasks" if find_spec("django.tasks") else "django_tasks"
AVAILABLE = find_spec(NAME) is not None
"""Whether either is there."""

if TYPE_CHECKING or NAME == "django.tasks":
    from django.tasks import task_backends
    from django.tasks.backends.base import BaseTaskBackend
    from django.tasks.base import (
        DEFAULT_TASK_BACKEND_ALIAS,
        Task,
        TaskContext,
        TaskError,
        TaskResult,
        TaskResultStatus,
    )
    from django.tasks.exceptions import TaskResultDoesNotExist
    from django.tasks.signals import task_enqueued, task_finished, task_started
    from django.utils.json import normalize_json
elif AVAILABLE:
    from django_tasks import task_backends
    from django_tasks.backends.base import BaseTaskBackend
    from django_tasks.base import (
        DEFAULT_TASK_BACKEND_ALIAS,
        Task,
        TaskContext,
        TaskError,
        TaskResult,
        TaskResultStatus,
    )
    from django_tasks.exceptions import TaskResultDoesNotExist
    from django_tasks.signals import task_enqueued, task_finished, task_started
    from django_tasks.utils import normalize_json

if TYPE_CHECKING:
    AnyTask = Task[Any, Any]
    AnyResult = TaskResult[Any, Any]
elif AVAILABLE:
    AnyTask, AnyResult = Task, TaskResult  # at run time not all of them are generic

__all__ = [
    "AVAILABLE",
    "DEFAULT_TASK_BACKEND_ALIAS",
    "NAME",
    "AnyResult",
    "AnyTask",
    "BaseTaskBackend",
    "Task",
    "TaskContext",
    "TaskError",
    "TaskResult",
    "TaskResultDoesNotExist",
    "TaskResultStatus",
    "normalize_json",
    "task_backends",
    "task_enqueued",
    "task_finished",
    "task_started",
]
