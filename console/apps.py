"""The console as a Django app."""

from pathlib import Path

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

_PACKAGE = Path(__file__).resolve().parent


class ConsoleConfig(AppConfig):
    """Registers the console under the label `durable_console`.

    Templates and static files stand at the top of the repository and are packed into
    the wheel below this package. `path`, where Django looks for an app's `templates`
    and `static`, is the one or the other, so that the console works from a checkout
    too, in any project.
    """

    name = "console"
    label = "durable_console"
    verbose_name = _("Durable console")
    default_auto_field = "django.db.models.BigAutoField"
    path = str(_PACKAGE if (_PACKAGE / "templates").is_dir() else _PACKAGE.parent)

    def ready(self) -> None:
        """Register checks; let commands be asked about permissions, and recorded."""
        from console import checks  # noqa: F401,PLC0415 - registers them
        from console.actions.commands import connect  # noqa: PLC0415 - needs the models

        connect()
