"""The demo's parent process: prepares the database, keeps the site running."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType

READY_SECONDS = 60.0
STOP_SECONDS = 15.0
LOOK_SECONDS = 0.1
QUICK_SECONDS = 5.0
MOST_QUICK_ENDS = 3


class DemoError(Exception):
    """The demo cannot run; the message says why and what to do."""


def check_port(host: str, port: int) -> None:
    """Make sure that the site will be able to listen.

    Raises:
        DemoError: the port is in use, forbidden, or the address is not ours.
    """
    try:
        (family, *_rest, address), *_others = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        message = (
            f"Cannot listen on {host} port {port}: {error.strerror or error}. "
            f"Choose another with --port, such as --port {port + 1}."
        )
        raise DemoError(message) from error


@dataclass(kw_only=True)
class Supervisor:
    """Starts the site, starts it again when it dies, and ends it with itself."""

    command: list[str]  # what the serving process is started with
    environment: Mapping[str, str]
    host: str
    port: int
    say: Callable[[str], None]
    on_ready: Callable[[], None]
    _stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> int:
        """Keep the site running until SIGINT or SIGTERM; return an exit status."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        quick_ends = 0
        first = True
        while not self._stopping.is_set():
            child = self._spawn()
            lived = self._attend(child, first=first)
            first = False
            if self._stopping.is_set():
                return self._end(child)
            quick_ends = quick_ends + 1 if lived < QUICK_SECONDS else 0
            if quick_ends >= MOST_QUICK_ENDS:
                self.say("It ends as soon as it begins: the demo gives up.")
                return 1
            how = _how_it_ended(child.returncode)
            self.say(f"The site {how}. Starting it again: every workflow goes on.")
        return 0

    def _spawn(self) -> subprocess.Popen[bytes]:
        # A group of its own: Ctrl-C reaches only this process, which passes it on.
        return subprocess.Popen(  # noqa: S603 - our own command line
            self.command,
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            process_group=0,
        )

    def _attend(self, child: subprocess.Popen[bytes], *, first: bool) -> float:
        """Wait until the child or the demo ends; return seconds, as looked at."""
        lived = 0.0
        ready = False
        while child.poll() is None and not self._stopping.wait(LOOK_SECONDS):
            lived += LOOK_SECONDS
            if not ready and self._listening():
                ready = True
                self.on_ready() if first else self.say("The site is back.")
            if not ready and lived > READY_SECONDS:
                self.say("The site does not answer yet.")
                ready = True
        return lived

    def _listening(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        try:
            with socket.create_connection((host, self.port), timeout=LOOK_SECONDS):
                return True
        except OSError:
            return False

    def _end(self, child: subprocess.Popen[bytes]) -> int:
        if child.poll() is None:
            child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        self.say("The demo has ended. Its workflows go on when it runs again.")
        return 0

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._stopping.is_set():
            os._exit(128 + number)
        self._stopping.set()


def run_once(command: list[str], environment: Mapping[str, str]) -> str:
    """Run a preparing command to its end and return what it printed.

    Raises:
        DemoError: it failed; the message ends with the exception that it wrote.
    """
    done = subprocess.run(  # noqa: S603 - our own command line
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"The database cannot be prepared. {_last_words(done.stderr)}"
        raise DemoError(message)
    return done.stdout


def _last_words(written: str) -> str:
    """Return the exception at the end of a traceback, without the way to it."""
    lines = written.strip().splitlines()
    heads = [
        n for n, line in enumerate(lines) if not line[:1].isspace() and ": " in line
    ]
    return " ".join(line.strip() for line in lines[heads[-1] if heads else -1 :])


def _how_it_ended(status: int | None) -> str:
    if status is not None and status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"
