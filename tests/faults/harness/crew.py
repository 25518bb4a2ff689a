"""The workers of a soak, and the nemesis that harms them and their database.

Each worker reaches PostgreSQL through a proxy of its own, so that one may be cut off
while the others work on.
"""

import random
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from time import monotonic

import psycopg

from tests.support.postgresql import GivenServer, OwnServer
from tests.support.programs import Program
from tests.support.project import Project
from tests.support.proxy import Proxy

OPTIONS = ("--threads", "6", "--coroutines", "12", "--grace", "2")
_TERMINATE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    ORDER BY random() LIMIT %s
"""


class Hand:
    """One place for a worker: the program in it is replaced when it has ended."""

    def __init__(self, project: Project, number: int, port: int | None) -> None:
        self._project = project
        self.number = number
        self.proxy = Proxy(port) if port is not None else None
        self.frozen = False
        self.program = self._begin()
        self.ended: list[Program] = []

    def _begin(self) -> Program:
        if self.proxy is not None:
            self._project.databases = {"default": self.proxy.url(self._project.url)}
        command = ["manage.py", "durable_worker", *OPTIONS]
        program = self._project._program(command, {})
        self._project.databases = {"default": self._project.url}
        return program

    def replace(self) -> None:
        """Start a new program once the old one has ended.

        What is left of that goes at once: its number may soon be another's.
        """
        self.program.wait()
        self.program.kill_group()
        self.ended.append(self.program)
        self.frozen = False
        self.program = self._begin()

    def close(self) -> None:
        """Kill what runs."""
        self.program.kill_group()
        if self.proxy is not None:
            self.proxy.close()


class Nemesis:
    """Does harm at random moments; what it does is drawn from a seed."""

    def __init__(
        self,
        hands: list[Hand],
        url: str,
        server: GivenServer | OwnServer | None,
        seed: int,
        lease_seconds: float,
    ) -> None:
        self._hands = hands
        self._url = url
        self._server = server
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._lease = lease_seconds
        self._stop = threading.Event()
        self._timers: list[threading.Timer] = []
        self.done: Counter[str] = Counter()

    def run(self, seconds: float) -> None:
        """Do harm for so long, and then heal everything."""
        until = monotonic() + seconds
        deeds = self._deeds()
        names, weights = list(deeds), [weight for weight, _ in deeds.values()]
        while monotonic() < until:
            self._stop.wait(self._random.uniform(0.3, 1.6))
            for hand in self._hands:
                if hand.program.returncode is not None:  # such as: no database to begin
                    hand.replace()
            [name] = self._random.choices(names, weights)
            deeds[name][1]()
            self.done[name] += 1
        for timer in self._timers:
            timer.join()

    def _deeds(self) -> dict[str, tuple[int, Callable[[], None]]]:
        shared: dict[str, tuple[int, Callable[[], None]]] = {
            "kill": (6, self._kill),
            "freeze": (4, self._freeze),
            "stop in order": (3, self._terminate),
            "stop twice": (1, self._terminate_twice),
        }
        if self._server is None:
            return {**shared, "hold the write lock": (4, self._hold_the_lock)}
        return {
            **shared,
            "cut": (5, self._cut),
            "stall": (3, self._stall),
            "slow down": (2, self._slow_down),
            "lose an answer": (6, self._lose_an_answer),
            "end some sessions": (4, lambda: self._end_sessions(3)),
            "end all sessions": (1, lambda: self._end_sessions(1_000)),
            "crash the database": (1, lambda: self._restart("immediate")),
            "restart the database": (1, lambda: self._restart("fast")),
        }

    def _hand(self) -> Hand:
        return self._random.choice(self._hands)

    def _undo_later(self, seconds: float, undo: Callable[[], None]) -> None:
        """Undo harm in time, on a thread: what holds this one up may be that harm."""
        timer = threading.Timer(seconds, undo)
        timer.start()
        self._timers.append(timer)

    def _kill(self) -> None:
        hand = self._hand()
        hand.program.kill_group()
        hand.replace()

    def _freeze(self) -> None:
        """Stop a process for less than a lease, about one, or longer."""
        hand = self._hand()
        if hand.frozen:
            return
        program, hand.frozen = hand.program, True
        program.freeze()

        def thaw() -> None:
            if hand.program is program:
                program.thaw()
                hand.frozen = False

        self._undo_later(
            self._lease * self._random.choice((0.3, 0.9, 1.0, 1.1, 2)), thaw
        )

    def _terminate(self) -> None:
        hand = self._hand()
        if not hand.frozen:
            hand.program.terminate()
            hand.replace()

    def _terminate_twice(self) -> None:
        hand = self._hand()
        if not hand.frozen:
            hand.program.terminate()
            self._stop.wait(0.05)
            hand.program.terminate()
            hand.replace()

    def _cut(self) -> None:
        proxy = self._hand().proxy
        assert proxy is not None
        proxy.cut()

    def _stall(self) -> None:
        proxy = self._hand().proxy
        assert proxy is not None
        proxy.stall()
        self._undo_later(self._lease * self._random.choice((0.3, 1.0, 2)), proxy.flow)

    def _slow_down(self) -> None:
        proxy = self._hand().proxy
        assert proxy is not None
        proxy.delay_seconds = self._random.choice((0.002, 0.02))

        def hurry() -> None:
            proxy.delay_seconds = 0.0

        self._undo_later(1.0, hurry)

    def _lose_an_answer(self) -> None:
        proxy = self._hand().proxy
        assert proxy is not None
        proxy.lose_answer(self._random.choice((b"COMMIT", b"durable_", b"executor")))

    def _end_sessions(self, most: int) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(_TERMINATE, [most])

    def _restart(self, mode: str) -> None:
        assert self._server is not None
        self._server.restart("immediate" if mode == "immediate" else "fast")

    def _hold_the_lock(self) -> None:
        """Hold SQLite's only write lock for a while, as a big import does."""
        path = self._url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            connection.isolation_level = None
            connection.execute("BEGIN IMMEDIATE")
            self._stop.wait(self._random.choice((0.2, 1.0, self._lease * 1.2)))
            connection.execute("ROLLBACK")


def stop_in_order(hands: list[Hand]) -> list[str]:
    """End every worker by SIGTERM; return what went wrong, in words."""
    broken = []
    for hand in hands:
        hand.program.signal(signal.SIGTERM)
    for hand in hands:
        status = hand.program.wait()
        if status:
            broken.append(f"worker {hand.number} ended with {status}")
    return broken
