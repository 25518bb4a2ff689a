"""The demo as a Django app."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Registers the demo under the label `durable_demo`."""

    name = "console.demo"
    label = "durable_demo"
    verbose_name = "Durable demo"
    default_auto_field = "django.db.models.BigAutoField"
