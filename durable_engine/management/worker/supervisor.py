"""Keeps worker processes running: several of them, or one that reloads."""

import os
import signal
import subprocess
import sys
import threading

from durable_engine.management.worker.reloading import (
    RELOAD_STATUS,
    Files,
    environment_of_child,
)
from durable_engine.retries import Backoff
from durable_engine.runtime.engine import WORKER_NUMBER_VARIABLE

_SUPERVISOR_VARIABLE = "DURABLE_WORKER_SUPERVISOR"
_LOOK_SECONDS = 0.1


class Supervisor:
    """Keeps a number of worker processes running until it is signalled.

    A child that dies is started again, the more slowly the more often; a child
    whose supervisor dies stops in order. A signal is passed on once to each child, also
    to one that was being started when it came: a second one would end it at once. With `reload` a child that ended because the
    code changed is started at once, and one that failed when the code changes again.
    """

    def __init__(self, processes: int, *, reload: bool = False) -> None:
        self._processes = processes
        self._reload = reload
        self._files = Files()
        self._children: list[subprocess.Popen[bytes]] = []
        self._backoff = Backoff(first_seconds=1.0, longest_seconds=30.0)
        self._told: set[int] = set()  # children, by pid, that know of a signal
        self._signal = 0  # the first; set by its handler, which must take no lock
        self._pause = threading.Event()

    def run(self) -> int:
        """Start the children, restart those that die, return an exit status."""
        signal.signal(signal.SIGTERM, self._forward)
        signal.signal(signal.SIGINT, self._forward)
        for number in range(self._processes):
            self._children.append(self._spawn(number))
        burst = "--burst" in sys.argv
        while not self._stopping:
            for index, child in enumerate(self._children):
                status = child.poll()
                if status is None or (burst and status == 0) or self._stopping:
                    continue
                self._wait_for_use(child.pid, status)
                if not self._stopping:
                    self._children[index] = self._spawn(index)
            if burst and all(child.poll() == 0 for child in self._children):
                return 0
            self._pause.wait(_LOOK_SECONDS)
        for child in self._children:
            if child.pid not in self._told:
                self._tell(child, self._signal)
        return max((child.wait() for child in self._children), default=0)

    @property
    def _stopping(self) -> bool:
        return self._signal != 0

    def _wait_for_use(self, pid: int, status: int) -> None:
        """Say what became of a child, and wait until it is worth a new start."""
        if self._reload and status == RELOAD_STATUS:
            return
        said = f"worker process {pid} ended with status {status}"
        if self._reload and status > 0:
            sys.stderr.write(f"{said}, it is started again when the code changes\n")
            while not self._stopping and not self._files.changed():
                self._pause.wait(_LOOK_SECONDS)
            return
        sys.stderr.write(f"{said}, it is started again\n")
        self._pause.wait(self._backoff.next_seconds())

    def _spawn(self, number: int) -> subprocess.Popen[bytes]:
        # The command line as the interpreter got it: `-m django` and options too.
        arguments = _without_processes(sys.orig_argv[1:])
        environment = os.environ | {_SUPERVISOR_VARIABLE: str(os.getpid())}
        if self._processes > 1:
            environment[WORKER_NUMBER_VARIABLE] = str(number + 1)
        if self._reload:
            environment |= environment_of_child()
            self._files.changed()  # from now on: the child reads what is there now
        # A group of its own: Ctrl-C reaches the supervisor only, which forwards it.
        return subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, *arguments], env=environment, process_group=0
        )

    def _forward(self, number: int, _: object) -> None:
        self._signal = self._signal or number
        for child in self._children:
            self._tell(child, number)

    def _tell(self, child: subprocess.Popen[bytes], number: int) -> None:
        """Pass a signal on to a child, if it has not ended."""
        self._told.add(child.pid)
        if child.poll() is None:
            child.send_signal(number)


def is_supervised() -> bool:
    """Return whether this process was started by a supervisor."""
    return _SUPERVISOR_VARIABLE in os.environ


def is_orphaned() -> bool:
    """Return whether this process had a supervisor that is gone."""
    supervisor = os.environ.get(_SUPERVISOR_VARIABLE)
    return supervisor is not None and supervisor != str(os.getppid())


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
