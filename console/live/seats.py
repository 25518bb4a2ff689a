"""How many sockets are open in this process, and whose: both are bounded.

Called by the consumer, on the event loop of its server. Who finds no seat is refused
before the handshake ends; his page polls instead.
"""

from collections import Counter

from console.conf import SOCKETS, SOCKETS_EACH


class Seats:
    """The seats of one process."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def take(self, ident: str) -> bool:
        """Take a seat for somebody; False: there is none for him."""
        if self._taken.total() >= SOCKETS or self._taken[ident] >= SOCKETS_EACH:
            return False
        self._taken[ident] += 1
        return True

    def give_back(self, ident: str) -> None:
        """Give back a seat that was taken."""
        self._taken[ident] -= 1
        if self._taken[ident] <= 0:
            del self._taken[ident]


seats = Seats()
"""The seats of this process."""
