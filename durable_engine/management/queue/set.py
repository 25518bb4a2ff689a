"""`queue set`: override the limits of queues."""

import math
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandParser

from durable_engine import client
from durable_engine.management.queue.acting import ActingWord
from durable_engine.management.shell.faults import UsageError, usage_errors
from durable_engine.management.shell.given import json_object, positive
from durable_engine.management.shell.word import Options, Shell

_RESET = "none"
_COUNTS = {
    "concurrency": "most that run at once over all workers",
    "worker_concurrency": "most that run at once in one worker process",
    "partition_concurrency": "most that run at once of one partition key",
}
_LIMITS = (*_COUNTS, "limiter")


class Set(ActingWord):
    """Overrides the limits that code declares for queues."""

    name = "set"
    help = (
        "Override the limits that code declares, until they are reset with `none`. What "
        "is not mentioned stays. Every worker obeys within a second."
    )
    examples = """
    queue set mail --concurrency 5 --limiter 50/60
    queue set mail --concurrency none --reason "back to normal"
    """
    action = "set_queue_limits"
    done = "set"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare names and limits."""
        super().add_arguments(parser)
        for name, what in _COUNTS.items():
            parser.add_argument(
                "--" + name.replace("_", "-"),
                type=_count,
                metavar="N|none",
                help=what,
            )
        parser.add_argument(
            "--limiter",
            type=_limiter,
            metavar="N/SECONDS|none",
            help="most starts in any window of so many seconds, over all workers",
        )

    def run(self, shell: Shell, options: Options) -> None:
        """Check that something is to be set, then set it."""
        if not _patch(options):
            options_named = ", ".join("--" + one.replace("_", "-") for one in _LIMITS)
            message = f"give at least one limit: {options_named}"
            raise UsageError(message)
        super().run(shell, options)

    def change(self, name: str, options: Options) -> None:
        """Set the limits of one."""
        with usage_errors():
            client.set_queue_limits(name, **_patch(options))


def _patch(options: Options) -> dict[str, Any]:
    given = {name: options[name] for name in _LIMITS if options[name] is not None}
    return {name: None if one == _RESET else one for name, one in given.items()}


def _count(text: str) -> int | str:
    return _RESET if text.lower() == _RESET else positive(text)


def _limiter(text: str) -> dict[str, Any] | str:
    """Read `50/60`, a JSON object, or `none`."""
    if text.lower() == _RESET:
        return _RESET
    if text.lstrip().startswith("{"):
        return json_object(text)
    limit, _, period = text.partition("/")
    try:
        found = {"limit": int(limit), "period": float(period)}
    except ValueError:
        found = {"limit": 0, "period": 0.0}
    if found["limit"] < 1 or not 0 < found["period"] < math.inf:
        message = f"give N/SECONDS such as 50/60, or none, not {text!r}"
        raise ArgumentTypeError(message)
    return found
