"""When a worker process has to end: a signal, or a change of the code."""

import os
import select
import signal


class StopSignal:
    """The first SIGTERM or SIGINT ends a wait; a second one ends the process.

    A pipe and not an event: a handler that interrupts the waiting thread must not
    take a lock which that thread may hold.
    """

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        self._signalled = False
        self._changed = False
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)

    @property
    def changed(self) -> bool:
        """Whether it is the code that changed, and no signal that came."""
        return self._changed and not self._signalled

    def code_changed(self) -> None:
        """End a wait because the process runs old code; from any thread."""
        self._changed = True
        os.write(self._write_end, b"c")

    def _handle(self, number: int, _: object) -> None:
        if self._signalled:
            os._exit(128 + number)
        self._signalled = True
        os.write(self._write_end, b"s")

    def wait(self, seconds: float) -> bool:
        """Wait for a reason to end; whether there is one."""
        if not self._signalled and not self._changed:
            select.select([self._read_end], [], [], seconds)
        return self._signalled or self._changed
