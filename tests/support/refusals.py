"""Threads that the system refuses for a while, or that an interrupt keeps from it."""

import threading
from collections import Counter

import pytest

NO_THREAD = "can't start new thread"


class Refusals:
    """Has starts of threads fail; `left` counts those that still will, by name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: Counter[str] = Counter()
        self._errors: dict[str, BaseException] = {}
        start = threading.Thread.start

        def refuse(thread: threading.Thread) -> None:
            if self.left[thread.name]:
                self.left[thread.name] -= 1
                raise self._errors[thread.name]
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", refuse)

    def expect(
        self, name: str, times: int = 1, error: BaseException | None = None
    ) -> None:
        """Refuse the next threads of a name; by default as the system does."""
        self.left[name] = times
        self._errors[name] = error or RuntimeError(NO_THREAD)
