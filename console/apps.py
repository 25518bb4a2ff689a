"""The console as a Django app."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Registers the console under the label `durable_console`."""

    name = "console"
    label = "durable_console"
    verbose_name = "Durable console"
    default_auto_field = "django.db.models.BigAutoField"
