"""`manage.py durable_worker`: run workflows until stopped."""

import gc
import os
import sys
from argparse import ArgumentTypeError, BooleanOptionalAction
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from durable_engine.management.worker import reloading
from durable_engine.management.worker.readiness import problem_of_database
from durable_engine.management.worker.stopping import StopSignal
from durable_engine.management.worker.supervisor import (
    Supervisor,
    is_orphaned,
    is_supervised,
)
from durable_engine.runtime.engine import engine
from durable_engine.worker.process import GRACE_SECONDS, Worker, WorkerOptions

_RELOAD_GRACE_SECONDS = 2.0
_IN_A_TEST = (
    "The testing kit is in use in this process, where nothing but the test's own "
    "connection sees its rows. Call drain() instead of a worker: it runs what is due."
)
_IN_A_BLOCK = (
    "A worker cannot run inside transaction.atomic(): it would not see what the block "
    "has written. A test case uses DurableTestCase and drain(), or TransactionTestCase."
)


class Command(BaseCommand):
    """Claims workflows and runs them."""

    help = (
        "Run durable workflows until SIGTERM or SIGINT: then claim nothing more, let "
        "running steps end, and hand the rest to other workers. A second signal exits "
        "at once; nothing is lost by it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be said on the command line."""
        parser.add_argument(
            "--queues",
            help="serve only these queues, separated by commas (default: all declared)",
        )
        parser.add_argument(
            "--threads",
            type=_positive,
            help="synchronous workflows that run at once (default: WORKER_THREADS)",
        )
        parser.add_argument(
            "--coroutines",
            type=_positive,
            help="coroutine workflows that run at once (default: WORKER_COROUTINES)",
        )
        parser.add_argument(
            "--processes",
            type=_positive,
            default=1,
            help="worker processes; one that dies is started again (default: 1)",
        )
        parser.add_argument(
            "--burst",
            action="store_true",
            help="exit when nothing is left to run; workflows that wait stay waiting",
        )
        parser.add_argument(
            "--grace",
            type=float,
            default=GRACE_SECONDS,
            help="seconds that running steps get to end (default: %(default)s)",
        )
        parser.add_argument(
            "--reload",
            action=BooleanOptionalAction,
            help=(
                "start again when the code changes; what runs is handed over and "
                "continues (default: on a terminal with DEBUG)"
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one worker, or supervise several; return once they have stopped."""
        del args
        host = engine()
        if host.threadless:
            raise CommandError(_IN_A_TEST)
        if host.store.in_callers_transaction():
            raise CommandError(_IN_A_BLOCK)
        if not is_supervised():
            processes, reload = (
                options["processes"],
                reloading.wanted(options["reload"]),
            )
            if processes > 1 or reload:
                sys.exit(Supervisor(processes, reload=reload).run())
        problem = problem_of_database()
        if problem is not None:
            raise CommandError(problem)
        worker = Worker(
            WorkerOptions(
                queues=_names(options["queues"]),
                threads=options["threads"],
                coroutines=options["coroutines"],
            )
        )
        stop = StopSignal()
        if reloading.is_child():
            reloading.watch(stop.code_changed)
        _collect_less()
        # Said first: what workflows write comes after it.
        self._say(f"worker ready: {worker.engine.executor_id}")
        worker.start()
        while not stop.wait(0.05 if options["burst"] else 1.0):
            if is_orphaned() or (options["burst"] and worker.idle()):
                break
        self._end(worker, options["grace"], reload=stop.changed)

    def _end(self, worker: Worker, grace_seconds: float, *, reload: bool) -> None:
        """Stop the worker, and end the process as its supervisor expects it."""
        if reload:
            self._say("the code changed, the worker starts again")
            grace_seconds = min(grace_seconds, _RELOAD_GRACE_SECONDS)
        clean = worker.stop(grace_seconds)
        self._say("worker stopped")
        status = reloading.RELOAD_STATUS if reload else 0
        if not clean:
            # A thread is stuck in a step: it cannot be ended, only left behind.
            # Its workflow has been handed over, and the fence keeps it out.
            os._exit(status)
        if status:
            sys.exit(status)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _collect_less() -> None:
    """Spare the garbage collector what lives as long as the process.

    A worker makes and drops objects by the thousand, hardly any of them in cycles;
    looking for those, in all that Django and the project loaded too, took a seventh
    of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _names(text: str | None) -> list[str] | None:
    if text is None:
        return None
    return [name.strip() for name in text.split(",") if name.strip()]


def _positive(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        message = f"give a whole number of at least 1, not {text!r}"
        raise ArgumentTypeError(message)
    return value
