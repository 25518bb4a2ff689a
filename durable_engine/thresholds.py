"""When alerts are raised: the key `ALERTS` of the setting, read and validated by `conf`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """Every key of `ALERTS` in lower case; None switches a kind of alert off."""

    hook: str | None = None  # dotted path of what is called with each alert
    every_seconds: float = 10
    cool_down_seconds: float = 3600
    workflow_failed: bool = True
    queue_stuck_seconds: float | None = 300
    schedule_missed_seconds: float | None = 120
    executor_dead_seconds: float | None = 60
    version_stranded_seconds: float | None = 300
    no_worker_seconds: float | None = 60


_NEVER_NONE = ("every_seconds", "cool_down_seconds")


def alert_problems(value: object, where: str) -> list[tuple[str, str]]:
    """Return each mistake in the key as (problem, mend).

    Args:
        value: what the project gave; None is no mistake.
        where: how messages name the key.
    """
    if value is None:
        return []
    if not isinstance(value, Mapping):
        return [(f"{where} is {value!r}", "make it a dict, or None for no alerts")]
    known = sorted(one.name.upper() for one in fields(AlertSettings))
    found = []
    for key, given in value.items():
        mend = _mend(key, given) if key in known else f"known keys: {known}"
        if mend is not None:
            found.append((f"{where}[{key!r}] is {given!r}", mend))
    return found


def _mend(key: str, given: object) -> str | None:
    """Return what to do about one value, or None if it can be used."""
    if key == "HOOK":
        usable = given is None or (isinstance(given, str) and "." in given)
        return None if usable else "give the dotted path of a function, or None"
    if key == "WORKFLOW_FAILED":
        return None if isinstance(given, bool) else "True or False"
    if given is None and key.lower() not in _NEVER_NONE:
        return None
    mend = "give a number of seconds above 0"
    if isinstance(given, bool) or not isinstance(given, int | float):
        return mend
    return None if given > 0 else mend


def read_alerts(value: Mapping[str, object] | None) -> AlertSettings | None:
    """Return the key as it is used; None: no alerts."""
    if value is None:
        return None
    return AlertSettings(**{key.lower(): given for key, given in value.items()})  # type: ignore[arg-type]  # validated before
