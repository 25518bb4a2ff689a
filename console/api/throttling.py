"""How often somebody may ask: so many requests in a minute, per token or user.

Counted in Django's default cache, so that processes which share one share the count;
with the default, in memory, each counts for itself. A cache that fails lets everybody
in: the API does not depend on it.
"""

import logging

from django.core.cache import cache

from console.api.problems import Problem
from console.conf import settings
from durable_engine.clock import wall_epoch

logger = logging.getLogger(__name__)

_WINDOW_SECONDS = 60


def count(ident: str) -> None:
    """Count a request.

    Args:
        ident: whose; no secret.

    Raises:
        Problem: 429, there were too many in this minute.
    """
    most = settings().api_requests_per_minute
    if most is None:
        return
    window, passed = divmod(wall_epoch(), _WINDOW_SECONDS)
    if _counted(f"durable_console.api.{ident}.{int(window)}") <= most:
        return
    wait_seconds = int(_WINDOW_SECONDS - passed) + 1
    raise Problem(
        429,
        f"More than {most} requests in a minute; ask again in {wait_seconds} seconds.",
        kind="too-many-requests",
        headers={"Retry-After": str(wait_seconds)},
    )


def _counted(key: str) -> int:
    try:
        cache.add(key, 0, timeout=2 * _WINDOW_SECONDS)
        return cache.incr(key)
    except ValueError:  # gone between the two calls
        return 1
    except Exception:
        logger.exception("Requests are not counted: the cache fails")
        return 0
