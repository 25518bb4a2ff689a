"""Finding tasks at start-up, as workers must know them before they can claim any.

Called by the app when it is ready. The modules named `tasks` of installed apps are
imported, and those that a backend's option `MODULES` names.
"""

import sys
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.module_loading import autodiscover_modules, import_string

from durable_engine.tasks import vendor


def discover() -> None:
    """Import and declare tasks, if a backend of the project is the engine's."""
    options = _options() if vendor.AVAILABLE else []
    if not options:
        return
    from durable_engine.tasks.bodies import declare  # noqa: PLC0415 - the vendor is there

    autodiscover_modules("tasks")
    named = [name for more in options for name in more.get("MODULES", ())]
    in_apps = [f"{app.name}.tasks" for app in apps.get_app_configs()]
    for name in named:
        import_module(name)
    for value in _module_values([*in_apps, *named]):
        # Also those of other backends: `using(backend=…)` may send them here.
        if isinstance(value, vendor.Task):
            declare(value)


def _options() -> list[dict[str, Any]]:
    """Return the options of each backend in `TASKS` that is the engine's."""
    from durable_engine.tasks.backend import DurableBackend  # noqa: PLC0415 - likewise

    found = []
    for params in getattr(settings, "TASKS", {}).values():
        try:
            backend = import_string(params["BACKEND"])
        except (ImportError, KeyError):
            continue  # said by Django when it is used
        if isinstance(backend, type) and issubclass(backend, DurableBackend):
            found.append(params.get("OPTIONS", {}))
    return found


def _module_values(names: list[str]) -> list[object]:
    modules = (sys.modules.get(name) for name in names)
    return [value for module in modules if module for value in vars(module).values()]
