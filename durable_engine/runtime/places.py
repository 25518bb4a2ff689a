"""The place in a worker of a workflow, and of those it called on its stack.

```
 held: somebody of the family moves ◄──► free: all of it rests
   └── body ended ──► closed: given up, whatever stray tasks still do
```

A worker runs so many workflows at once; one whose place is free is not counted.
"""

import threading
from collections.abc import Callable


class WorkerPlace:
    """One place, held while anybody counts; held by one at its birth."""

    __slots__ = ("_closed", "_holders", "_lock", "_on_change")

    def __init__(self, on_change: Callable[[int], None]) -> None:
        self._on_change = on_change  # 1: a place more is free; -1: one less
        self._lock = threading.Lock()
        self._holders = 1
        self._closed = False

    def hold(self) -> None:
        """Note that one more has a reason to hold it; any thread."""
        with self._lock:
            self._holders += 1
            taken = self._holders == 1 and not self._closed
        if taken:
            self._on_change(-1)

    def release(self) -> None:
        """Note that one less has."""
        with self._lock:
            self._holders -= 1
            freed = self._holders == 0 and not self._closed
        if freed:
            self._on_change(1)

    def close(self) -> bool:
        """Give it up for good; return whether it was held until now."""
        with self._lock:
            held = self._holders > 0 and not self._closed
            self._closed = True
        return held
