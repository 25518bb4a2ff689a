"""Real programs under the control of a test: workers, scripts, web servers."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

PATIENCE_SECONDS = 60


class Program:
    """A running program in a process group of its own.

    What it writes goes to a file and can be waited for, line by line; what a test
    writes with `tell` is its standard input. Leaving the `with` block kills the whole
    group and prints the output, which pytest shows when the test has failed.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        directory: Path,
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        self.log = log
        self._name = " ".join(str(part) for part in command[1:4])
        self._lines: list[str] = []
        self._seen = 0
        self._ended = False
        self._gone = False
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    @property
    def output(self) -> str:
        """Everything the program has written until now, both streams."""
        with self._news:
            return "".join(self._lines)

    def wait_for(self, text: str, timeout_seconds: float = PATIENCE_SECONDS) -> str:
        """Return the next line with this text; lines before it count as read."""
        deadline = time.monotonic() + timeout_seconds
        with self._news:
            while True:
                while self._seen < len(self._lines):
                    self._seen += 1
                    if text in self._lines[self._seen - 1]:
                        return self._lines[self._seen - 1].rstrip("\n")
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    how = "ended without" if self._ended else "has not written"
                    written = "".join(self._lines)
                    message = f"{self._name} {how} {text!r}. Output:\n{written}"
                    raise AssertionError(message)
                self._news.wait(left)

    def tell(self, line: str = "") -> None:
        """Write a line to the program's standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def wait(self, timeout_seconds: float = PATIENCE_SECONDS) -> int:
        """Wait for the end; return the exit status, negative for a signal."""
        return self._process.wait(timeout_seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program, not to its children."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End the program as a power failure would, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        self.wait()

    def kill_group(self) -> None:
        """End the program and all its children, and wait until it is gone.

        Only once: the number of a group that is gone may be somebody else's.
        """
        if self._gone:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()
        self._gone = True

    def terminate(self) -> None:
        """Ask the program to end, without waiting for it."""
        self.signal(signal.SIGTERM)

    def freeze(self) -> None:
        """Stop the program and its children where they are."""
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen program go on."""
        os.killpg(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """Kill what is left of the process group and print the output."""
        self.kill_group()
        self._reader.join(PATIENCE_SECONDS)
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()
        heading = f"--- {self._name} (exit status {self.returncode})"
        print(f"{heading}\n{self.output}---")  # noqa: T201  (pytest captures it)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self.log.open("w") as file:
            for line in self._process.stdout:
                file.write(line)
                file.flush()
                with self._news:
                    self._lines.append(line)
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()
