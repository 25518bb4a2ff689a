"""When a cron schedule is due: pure functions of an expression and an instant.

Five fields, or six with seconds first. In a time zone with summer time, what should
run in the hour that is skipped runs right after it, and what is named by an hour runs
once in the hour that is repeated (as Debian's cron has it); `*` and seconds follow
the clock on the wall.

Source: cronsim, which documents itself as a reimplementation of Debian's cron.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

MOST_CHARACTERS = 200
_LATEST_START = datetime(2200, 1, 1, tzinfo=UTC)


def check_schedule(expression: str, timezone: str) -> None:
    """Refuse what would never be due.

    Raises:
        ValueError: the expression or the time zone is not valid; the message names it.
    """
    if len(expression) > MOST_CHARACTERS:
        shown = repr(expression)[:60]
        message = (
            f"a schedule must be a cron expression of at most {MOST_CHARACTERS} "
            f"characters, not {shown}"
        )
        raise ValueError(message)
    zone = zone_of(timezone)
    try:
        next(CronSim(expression, datetime(2024, 1, 1, tzinfo=zone)))
    except StopIteration:
        message = f"the schedule {expression!r} is never due"
        raise ValueError(message) from None
    except (CronSimError, ValueError, AssertionError, TypeError) as error:
        message = f"the schedule {expression!r} is not valid: {error}"
        raise ValueError(message) from error


def zone_of(timezone: str) -> ZoneInfo:
    """Return the time zone of a name such as `Europe/Paris`.

    Raises:
        ValueError: there is none.
    """
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, TypeError, OSError) as error:
        message = f"there is no time zone {timezone!r}"
        raise ValueError(message) from error


def ticks_after(
    expression: str, timezone: str, instant: datetime
) -> Iterator[datetime]:
    """Yield the ticks after an instant, in the schedule's zone, without end.

    Args:
        expression: checked before.
        timezone: checked before.
        instant: aware; a tick at this very instant is not yielded.

    Raises:
        ValueError: the expression or the time zone is not valid.
    """
    zone = zone_of(timezone)
    if instant >= _LATEST_START:
        return
    # In UTC: aware datetimes of one zone compare by the clock on the wall, which
    # shows some times twice.
    last = instant.astimezone(UTC)
    try:
        for tick in CronSim(expression, instant.astimezone(zone)):
            moment = tick.astimezone(UTC)
            if moment > last:
                last = moment
                yield moment.astimezone(zone)
    except CronSimError as error:  # written into the table by other hands
        message = f"the schedule {expression!r} is not valid: {error}"
        raise ValueError(message) from error


def ticks_before(
    expression: str, timezone: str, instant: datetime
) -> Iterator[datetime]:
    """Yield the ticks at or before an instant, the newest first, in the schedule's zone.

    Args:
        expression: checked before.
        timezone: checked before.
        instant: aware.

    Raises:
        ValueError: the expression or the time zone is not valid.
    """
    zone = zone_of(timezone)
    # A microsecond later: cronsim begins strictly before the instant.
    begin = min(instant, _LATEST_START).astimezone(zone) + timedelta(microseconds=1)
    last: datetime | None = None
    try:
        for tick in CronSim(expression, begin, reverse=True):
            moment = tick.astimezone(UTC)
            if moment <= instant and (last is None or moment < last):
                last = moment
                yield moment.astimezone(zone)
    except CronSimError as error:
        message = f"the schedule {expression!r} is not valid: {error}"
        raise ValueError(message) from error


def explained(expression: str) -> str:
    """Say in English words when an expression is due: `At 08:00 every day`.

    Raises:
        ValueError: the expression is not valid.
    """
    try:
        return str(CronSim(expression, datetime(2024, 1, 1, tzinfo=UTC)).explain())
    except CronSimError as error:
        message = f"the schedule {expression!r} is not valid: {error}"
        raise ValueError(message) from error


def next_tick(expression: str, timezone: str, instant: datetime) -> datetime | None:
    """Return the first tick after an instant; None if there is none any more."""
    return next(ticks_after(expression, timezone, instant), None)


def missed_tick(
    expression: str, timezone: str, since: datetime, now: datetime
) -> datetime | None:
    """Return the first tick after `since` if it is over by `now`, else None."""
    tick = next_tick(expression, timezone, since)
    return tick if tick is not None and tick <= now else None


def ticks_between(
    expression: str, timezone: str, start: datetime, end: datetime, limit: int
) -> list[datetime]:
    """Return the ticks after `start` and before `end`.

    Raises:
        ValueError: there are more than `limit`.
    """
    found: list[datetime] = []
    until = end.astimezone(UTC)
    for tick in ticks_after(expression, timezone, start):
        if tick.astimezone(UTC) >= until:
            break
        if len(found) == limit:
            message = (
                f"{expression!r} is due more than {limit} times between "
                f"{start.isoformat()} and {end.isoformat()}; take shorter intervals"
            )
            raise ValueError(message)
        found.append(tick)
    return found
