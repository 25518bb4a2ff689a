"""What runners have in common: so many places, some kept for what is about to begin."""

import abc
import threading
from collections.abc import Callable


class LimitedRunner(abc.ABC):
    """Runs at most `limit` workflows at once that do not wait.

    Args:
        limit: its places.
        on_room: told when one became free.
    """

    def __init__(self, limit: int, on_room: Callable[[], None]) -> None:
        self.limit = limit
        self._on_room = on_room
        self._lock = threading.Lock()
        self._reserved = 0  # places kept for what is about to begin
        self._closed = False
        self._refused = False  # the system had no thread to give, and it was said

    @abc.abstractmethod
    def room(self) -> int:
        """Return how many more workflows may begin; it takes no lock."""

    def reserve(self, most: int) -> int:
        """Keep places for workflows that are about to begin; return how many."""
        with self._lock:
            places = min(most, self.room())
            self._reserved += places
        return places

    def give_back(self, places: int) -> None:
        """Give up so many of the places that were reserved."""
        with self._lock:
            self._reserved -= places
