"""The Django app: what happens when a project starts with it installed."""

import logging
import sys
from typing import Any

from django.apps import AppConfig
from django.core.signals import request_started, setting_changed
from django.db.backends.base.base import NO_DB_ALIAS, BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.utils.autoreload import autoreload_started
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from durable_engine import conf

logger = logging.getLogger(__name__)


class DurableEngineConfig(AppConfig):
    """Connects checks and settings, and imports every app's `workflows` module."""

    name = "durable_engine"
    label = "durable_engine"
    verbose_name = _("Durable engine")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Set the guard and import `workflows` modules; starts and opens nothing."""
        from durable_engine import checks  # noqa: F401,PLC0415 - registers them
        from durable_engine.runtime.guard import check_statement  # noqa: PLC0415
        from durable_engine.runtime.registry import registry  # noqa: PLC0415
        from durable_engine.store.interception import intercept  # noqa: PLC0415
        from durable_engine.tasks.discovery import discover  # noqa: PLC0415

        intercept(check_statement)
        setting_changed.connect(_settings_changed, dispatch_uid="durable_engine.conf")
        connection_created.connect(_connected, dispatch_uid="durable_engine.goodbye")
        request_started.connect(_first_request, dispatch_uid="durable_engine.embedded")
        autoreload_started.connect(_server_ready, dispatch_uid="durable_engine.reload")
        autodiscover_modules("workflows")
        registry.settle()
        discover()


def _settings_changed(*, setting: str, **_: Any) -> None:
    """Forget settings, and the engine built from them."""
    if setting in (conf.SETTING, "DATABASES"):
        _stop_all()
        conf.reload()


def _connected(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let go of a test database that is about to be made or dropped.

    Django then connects to no database in particular, and PostgreSQL drops none that
    somebody is connected to. A later use connects anew.
    """
    if connection.alias == NO_DB_ALIAS:
        _stop_all()


def _stop_all() -> None:
    from durable_engine.runtime.engine import reset  # noqa: PLC0415
    from durable_engine.worker.embedded import destroy  # noqa: PLC0415

    destroy(workflow_completion_timeout_sec=1.0)
    reset()


def _server_ready(**_: Any) -> None:
    """Start the embedded worker of a server that restarts when the code changes.

    Not at its first request: what the restart interrupted goes on at once.
    """
    if sys.argv[1:2] == ["runserver"]:
        _first_request()


def _first_request(**_: Any) -> None:
    """Start the embedded worker of a serving process that does not run one yet.

    A process that serves no request, such as `migrate`, a shell or the parent of
    an autoreloading server, starts none.
    """
    request_started.disconnect(dispatch_uid="durable_engine.embedded")
    from durable_engine.worker.embedded import launch_if_configured  # noqa: PLC0415

    try:
        launch_if_configured()
    except Exception:  # the site serves its pages all the same
        logger.exception("the embedded worker could not start")
