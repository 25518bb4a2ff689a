"""Checks of `DURABLE_ENGINE`, of the serializer, and of Django's time zones."""

from typing import Any

from django.conf import settings as django_settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from durable_engine import conf


@register(Tags.compatibility)
def check_settings(**_: Any) -> list[CheckMessage]:
    """Every key of `DURABLE_ENGINE` is known and its value can be used."""
    return [Error(what, hint=mend, id="durable.E001") for what, mend in conf.problems()]


@register(Tags.compatibility)
def check_time_zones(**_: Any) -> list[CheckMessage]:
    """Instants are aware: schedules and filters need it."""
    if django_settings.USE_TZ:
        return []
    return [
        checks.Warning(
            "USE_TZ is False: instants of workflows come back naive from the models.",
            hint="Set USE_TZ = True.",
            id="durable.W002",
        )
    ]


@register(Tags.security)
def check_serializer(**_: Any) -> list[CheckMessage]:
    """The serializer can be imported, and is not one that runs code of rows."""
    if conf.problems():
        return []
    path = conf.settings().serializer
    try:
        serializer = import_string(path)()
    except ImportError as error:
        return [
            Error(
                f"DURABLE_ENGINE['SERIALIZER'] is {path!r}, which cannot be imported: "
                f"{error}",
                hint="Give the dotted path of a serializer class.",
                id="durable.E004",
            )
        ]
    except ImproperlyConfigured as error:
        return [
            Error(str(error), hint="Set what the serializer needs.", id="durable.E004")
        ]
    if serializer.name != "pickle":
        return []
    return [
        checks.Warning(
            "Payloads are pickled: whoever can write to the database and knows "
            "SECRET_KEY runs code in every process that reads them.",
            hint="Prefer the default JSONSerializer.",
            id="durable.W003",
        )
    ]


@register(Tags.compatibility)
def check_alert_hook(**_: Any) -> list[CheckMessage]:
    """What is called with alerts can be imported and called."""
    alerts = None if conf.problems() else conf.settings().alerts
    if alerts is None or alerts.hook is None:
        return []
    try:
        problem = None if callable(import_string(alerts.hook)) else "is not callable"
    except ImportError as error:
        problem = f"cannot be imported: {error}"
    if problem is None:
        return []
    return [
        Error(
            f"DURABLE_ENGINE['ALERTS']['HOOK'] is {alerts.hook!r}, which {problem}",
            hint="Give the dotted path of a function that takes one alert.",
            id="durable.E010",
        )
    ]
