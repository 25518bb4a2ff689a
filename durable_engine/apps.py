"""The Django app: what happens when a project starts with it installed."""

from typing import Any

from django.apps import AppConfig
from django.core.signals import setting_changed
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from durable_engine import conf


class DurableEngineConfig(AppConfig):
    """Connects checks and settings, and imports every app's `workflows` module."""

    name = "durable_engine"
    label = "durable_engine"
    verbose_name = _("Durable engine")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import `workflows` modules. Starts no thread and opens no connection."""
        setting_changed.connect(_settings_changed, dispatch_uid="durable_engine.conf")
        autodiscover_modules("workflows")


def _settings_changed(*, setting: str, **_: Any) -> None:
    if setting in (conf.SETTING, "DATABASES"):
        conf.reload()
