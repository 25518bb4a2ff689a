"""How quantities are written for people: durations, ages, counts, sizes, JSON.

Called by tables, fragments and template tags. Pure functions; texts go through
gettext. `static/durable_console/console.js` writes running durations and ages in
the same forms.
"""

import re
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86_400
_INDENT = "  "
_DEEPEST = 32  # deeper nesting is shown flat: a page must not grow quadratically
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|\{\}|\[\]|[{}\[\],:]|[^\s{}\[\],:"]+')


def duration(seconds: float) -> str:
    """Write a length of time with two units at most: `834 ms`, `12.4 s`, `2 h 5 m`."""
    if seconds < 1:
        return _("%d ms") % round(max(seconds, 0) * 1000)
    if seconds < 10:
        return _("%.2f s") % seconds
    if seconds < MINUTE:
        return _("%.1f s") % seconds
    if seconds < HOUR:
        minutes, rest = divmod(int(seconds), MINUTE)
        return _("%(m)d m %(s)d s") % {"m": minutes, "s": rest}
    if seconds < DAY:
        hours, rest = divmod(int(seconds), HOUR)
        return _("%(h)d h %(m)d m") % {"h": hours, "m": rest // MINUTE}
    days, rest = divmod(int(seconds), DAY)
    return _("%(d)d d %(h)d h") % {"d": days, "h": rest // HOUR}


def coarse_duration(seconds: float) -> str:
    """Write a length of time in its largest unit only: `12 s`, `5 m`, `3 h`, `2 d`."""
    for unit, text in ((DAY, _("%d d")), (HOUR, _("%d h")), (MINUTE, _("%d m"))):
        if seconds >= unit:
            return text % (seconds // unit)
    return _("%d s") % seconds


def age(instant: datetime, now: datetime) -> str:
    """Say how far an instant is from now: `just now`, `12 s ago`, `in 5 m`."""
    seconds = (now - instant).total_seconds()
    if abs(seconds) < 1:
        return _("just now")
    if seconds < 0:
        return _("in %s") % coarse_duration(-seconds)
    return _("%s ago") % coarse_duration(seconds)


def absolute(instant: datetime) -> str:
    """Write an instant to the second, in the current time zone, which it names."""
    local = localtime(instant)
    return f"{date_format(local, 'j M Y, H:i:s')} {local.tzname()}"


def offset(seconds: float) -> str:
    """Write when something began, counted from a beginning: `+1.20 s`."""
    return f"+{duration(seconds)}"


def bounded(count: int, limit: int) -> str:
    """Write a count that was not taken beyond a limit: `12`, `10,000+`."""
    return f"{limit:,}+" if count > limit else f"{count:,}"


def at_least(count: int, limit: int) -> str:
    """Write a count that ended at a limit: `12`; and `10,000+` for that many or more."""
    return f"{limit:,}+" if count >= limit else f"{count:,}"


def count(number: float) -> str:
    """Write a number of things: `1,234`, and in short from 10,000 on: `12.3 k`."""
    if number < 10_000:
        return f"{number:,.1f}" if 0 < number < 1 else f"{round(number):,}"
    unit, name = (1_000_000, "M") if number >= 999_500 else (1000, "k")
    return f"{number / unit:.3g} {name}"


def counted(number: int, *, exact: bool) -> str:
    """Write a number of things, as about so many where it is an estimate."""
    return f"{number:,}" if exact else _("≈ %s") % count(number)


def rate(number: float, seconds: float) -> str:
    """Write how often something happens: `20.6/min`, `3.1/s`, `12/h`."""
    units = ((1, _("%s/s")), (MINUTE, _("%s/min")), (HOUR, _("%s/h")))
    scaled = [(number * unit / seconds, text) for unit, text in units]
    per, text = next((pair for pair in scaled if pair[0] >= 1), scaled[-1])
    return text % (count(per) if per >= 100 else f"{per:.1f}".removesuffix(".0"))


def size(characters: int) -> str:
    """Write the length of a text: `840 characters`, `64 k characters`."""
    if characters < 10_000:
        return _("%s characters") % f"{characters:,}"
    return _("%s k characters") % f"{characters // 1000:,}"


def indented(text: str) -> str:
    """Lay JSON out for reading, digit for digit, also when its end is cut off."""
    if not text.startswith(("{", "[")):
        return text
    lines = [""]
    depth = 0
    for mark in _TOKEN.findall(text):
        if mark in ("{}", "[]"):
            lines[-1] += mark
        elif mark in "{[":
            depth += 1
            lines[-1] += mark
            lines.append(_INDENT * min(depth, _DEEPEST))
        elif mark in "}]":
            depth -= 1
            lines.append(_INDENT * min(depth, _DEEPEST) + mark)
        elif mark == ",":
            lines[-1] += mark
            lines.append(_INDENT * min(depth, _DEEPEST))
        else:
            lines[-1] += ": " if mark == ":" else mark
    return "\n".join(lines)
