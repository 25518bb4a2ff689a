"""A file outside the database that survives every crash: what really happened.

One JSON object a line, appended with one write each, so that lines of several
processes never mix. Kinds:

- `BEGIN`: the body of a step or transaction begins (workflow, position, attempt, epoch)
- `DURABLE`: a commit succeeded (its number, and what it recorded)
- `FAULT`: the harness is about to do harm (number of the point)
- `RESULT`: the program got the result of its workflow
"""

import json
import os
from pathlib import Path
from typing import Any

Line = dict[str, Any]


class Ledger:
    """The writing side, in a program under test."""

    def __init__(self, path: str) -> None:
        flags = os.O_APPEND | os.O_CREAT | os.O_WRONLY
        self._file = os.open(path, flags, 0o600)

    def write(self, kind: str, **fields: object) -> None:
        """Append one line; it is there even if this process dies right after."""
        line = {"kind": kind, "pid": os.getpid(), **fields}
        os.write(self._file, (json.dumps(line) + "\n").encode())


def read(path: Path) -> list[Line]:
    """Return all lines, oldest first."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]
