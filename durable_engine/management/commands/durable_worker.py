"""`manage.py durable_worker`: run workflows until stopped."""

import os
import signal
import subprocess
import sys
import threading
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from durable_engine.worker.process import GRACE_SECONDS, Worker, WorkerOptions

_CHILD_VARIABLE = "DURABLE_WORKER_CHILD"
_RESTART_SECONDS = 1.0


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
        stop = _stop_on_signal()
        worker.start()
        self._say(f"worker ready: {worker.engine.executor_id}")
        while not stop.wait(0.05 if options["burst"] else 1.0):
            if options["burst"] and worker.idle():
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


class Supervisor:
    """Keeps a number of worker processes running until it is signalled."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._children: list[subprocess.Popen[bytes]] = []
        self._stopping = threading.Event()
        self._signals = 0

    def run(self) -> int:
        """Start the children, restart those that die, return an exit status."""
        signal.signal(signal.SIGTERM, self._forward)
        signal.signal(signal.SIGINT, self._forward)
        self._children = [self._spawn() for _ in range(self._processes)]
        burst = "--burst" in sys.argv
        while not self._stopping.is_set():
            for index, child in enumerate(self._children):
                status = child.poll()
                if status is not None and not self._stopping.is_set():
                    if burst and status == 0:
                        continue
                    sys.stderr.write(
                        f"worker process {child.pid} ended with status {status}, "
                        "it is started again\n"
                    )
                    self._stopping.wait(_RESTART_SECONDS)
                    self._children[index] = self._spawn()
            if burst and all(child.poll() == 0 for child in self._children):
                return 0
            self._stopping.wait(0.1)
        return max((child.wait() for child in self._children), default=0)

    def _spawn(self) -> subprocess.Popen[bytes]:
        arguments = _without_processes(sys.argv)
        environment = os.environ | {_CHILD_VARIABLE: "1"}
        # A group of its own: Ctrl-C reaches the supervisor only, which forwards it.
        return subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, *arguments], env=environment, process_group=0
        )

    def _forward(self, number: int, _: object) -> None:
        self._signals += 1
        self._stopping.set()
        for child in self._children:
            if child.poll() is None:
                child.send_signal(number)


def _names(text: str | None) -> list[str] | None:
    if text is None:
        return None
    return [name.strip() for name in text.split(",") if name.strip()]


def _stop_on_signal() -> threading.Event:
    """Return an event that the first signal sets; a second one exits at once."""
    stop = threading.Event()

    def on_signal(number: int, _: object) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    return stop


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
