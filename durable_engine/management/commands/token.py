"""`manage.py token`: make, list and revoke tokens of the JSON API.

The tokens are the console's, and so are the words. The command stands here, found by
the console's label, so that without the console it says what is missing, and so that
it is found in a checkout, where the console's `path` is that of its templates.
"""

from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError

from durable_engine.management.shell.family import Family
from durable_engine.management.shell.word import Word

_CONSOLE = "durable_console"


class Command(Family):
    """Makes, lists and revokes tokens of the JSON API."""

    help = "Make, list and revoke tokens with which programs use the JSON API."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = _words()


def _words() -> tuple[Word, ...]:
    try:
        console = apps.get_app_config(_CONSOLE)
    except LookupError:
        message = (
            "Tokens are of the console's JSON API, and the console is not installed. "
            'Add "console" to INSTALLED_APPS, and migrate.'
        )
        raise CommandError(message) from None
    words: tuple[Word, ...] = import_module(f"{console.name}.management.token").WORDS
    return words
