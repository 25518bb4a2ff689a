"""Public functions that were looked up before Django had started.

A script imports its names first and calls `django.setup()` after that. What reads
through the ORM cannot be loaded so early; what stands in for it loads it when it is
called. Used by the package root only.
"""

import importlib
import sys
from collections.abc import Callable
from typing import Any

NEEDS_MODELS = "client.reading"
"""The room whose functions need the models."""


def is_too_early(room: str) -> bool:
    """Whether what is in the room cannot be loaded yet."""
    django_apps = sys.modules.get("django.apps")
    started = django_apps is not None and django_apps.apps.apps_ready
    return room == NEEDS_MODELS and not started


def standing_in(room: str, name: str) -> Callable[..., Any]:
    """Return a function that loads the one of that room and name when it is called."""

    def loaded() -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(
            importlib.import_module(f"durable_engine.{room}"), name
        )
        return function

    def call(*args: Any, **kwargs: Any) -> Any:
        return loaded()(*args, **kwargs)

    async def call_async(*args: Any, **kwargs: Any) -> Any:
        return await loaded()(*args, **kwargs)

    chosen: Any = call_async if name.endswith("_async") else call
    chosen.__name__ = chosen.__qualname__ = name
    chosen.__doc__ = f"Stand in for `durable_engine.{name}` until Django has started."
    result: Callable[..., Any] = chosen
    return result
