"""`manage.py durable_worker`: run workflows until stopped."""

import gc
import os
import select
import signal
import subprocess
import sys
import threading
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from durable_engine.retries import Backoff
from durable_engine.runtime.engine import WORKER_NUMBER_VARIABLE
from durable_engine.worker.process import GRACE_SECONDS, Worker, WorkerOptions

_SUPERVISOR_VARIABLE = "DURABLE_WORKER_SUPERVISOR"


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

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one worker, or supervise several; return once they have stopped."""
        del args
        if options["processes"] > 1:
            sys.exit(Supervisor(options["processes"]).run())
        worker = Worker(
            WorkerOptions(
                queues=_names(options["queues"]),
                threads=options["threads"],
                coroutines=options["coroutines"],
            )
        )
        stop = StopSignal()
        _collect_less()
        # Said first: what workflows write comes after it.
        self._say(f"worker ready: {worker.engine.executor_id}")
        worker.start()
        while not stop.wait(0.05 if options["burst"] else 1.0):
            if _orphaned() or (options["burst"] and worker.idle()):
                break
        clean = worker.stop(options["grace"])
        self._say("worker stopped")
        if not clean:
            # A thread is stuck in a step: it cannot be ended, only left behind.
            # Its workflow has been handed over, and the fence keeps it out.
            os._exit(0)

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


class StopSignal:
    """The first SIGTERM or SIGINT ends a wait; a second one ends the process.

    A pipe and not an event: a handler that interrupts the waiting thread must not
    take a lock which that thread may hold.
    """

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        self._signalled = False
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)

    def _handle(self, number: int, _: object) -> None:
        if self._signalled:
            os._exit(128 + number)
        self._signalled = True
        os.write(self._write_end, b"s")

    def wait(self, seconds: float) -> bool:
        """Wait for a signal; whether one has come."""
        if not self._signalled:
            select.select([self._read_end], [], [], seconds)
        return self._signalled


class Supervisor:
    """Keeps a number of worker processes running until it is signalled.

    A child that dies is started again, the more slowly the more often; a child
    whose supervisor dies stops in order.
    """

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._children: list[subprocess.Popen[bytes]] = []
        self._backoff = Backoff(first_seconds=1.0, longest_seconds=30.0)
        self._stopping = False

    def run(self) -> int:
        """Start the children, restart those that die, return an exit status."""
        signal.signal(signal.SIGTERM, self._forward)
        signal.signal(signal.SIGINT, self._forward)
        self._children = [self._spawn(number) for number in range(self._processes)]
        burst = "--burst" in sys.argv
        pause = threading.Event()
        while not self._stopping:
            for index, child in enumerate(self._children):
                status = child.poll()
                if status is None or (burst and status == 0) or self._stopping:
                    continue
                sys.stderr.write(
                    f"worker process {child.pid} ended with status {status}, "
                    "it is started again\n"
                )
                pause.wait(self._backoff.next_seconds())
                self._children[index] = self._spawn(index)
            if burst and all(child.poll() == 0 for child in self._children):
                return 0
            pause.wait(0.1)
        return max((child.wait() for child in self._children), default=0)

    def _spawn(self, number: int) -> subprocess.Popen[bytes]:
        # The command line as the interpreter got it: `-m django` and options too.
        arguments = _without_processes(sys.orig_argv[1:])
        environment = os.environ | {
            _SUPERVISOR_VARIABLE: str(os.getpid()),
            WORKER_NUMBER_VARIABLE: str(number + 1),
        }
        # A group of its own: Ctrl-C reaches the supervisor only, which forwards it.
        return subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, *arguments], env=environment, process_group=0
        )

    def _forward(self, number: int, _: object) -> None:
        self._stopping = True
        for child in self._children:
            if child.poll() is None:
                child.send_signal(number)


def _orphaned() -> bool:
    """Whether this process had a supervisor that is gone."""
    supervisor = os.environ.get(_SUPERVISOR_VARIABLE)
    return supervisor is not None and supervisor != str(os.getppid())


def _names(text: str | None) -> list[str] | None:
    if text is None:
        return None
    return [name.strip() for name in text.split(",") if name.strip()]


def _without_processes(arguments: list[str]) -> list[str]:
    kept = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument == "--processes":
            skip = True
        elif not argument.startswith("--processes="):
            kept.append(argument)
    return kept


def _positive(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        message = f"give a whole number of at least 1, not {text!r}"
        raise ArgumentTypeError(message)
    return value
