"""The engine as a backend of Django's tasks.

`TASKS = {"default": {"BACKEND": "durable_engine.tasks.DurableBackend"}}` makes every
task a durable workflow on the queue of the same name. Django 6 brings `django.tasks`;
on Django 5.2 the package `django-tasks` does. Importing this module without either
harms nobody; using the backend then says what to install.
"""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from durable_engine.tasks import vendor

if TYPE_CHECKING or vendor.AVAILABLE:
    from durable_engine.tasks.backend import DurableBackend
else:

    class DurableBackend:
        """Stands in for the backend where Django's tasks are missing."""

        def __init__(self, alias: str, params: dict[str, Any]) -> None:
            del params
            message = (
                f"TASKS[{alias!r}] uses {__name__}.DurableBackend, and this Django has "
                "no tasks of its own. Install the backport: "
                'pip install "django-durable-engine[tasks]"'
            )
            raise ImproperlyConfigured(message)


__all__ = ["DurableBackend"]
