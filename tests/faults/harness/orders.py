"""What a test asks the fork server for: one life of a program."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One life of a program."""

    script: str
    coroutines: bool
    through_worker: bool  # started for any worker, else called directly
    worker: bool  # whether this process runs a worker
    ledger: str  # path
    output: str  # path of standard output and error
    harm: str | None = None  # "crash" or "cut"
    at: int = 0  # the point where
    mutant: str | None = None
    patience_seconds: float = 30.0

    def line(self) -> str:
        """Return the order as the server reads it."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def of_line(cls, line: str) -> "Order":
        """Return the order of a line."""
        return cls(**json.loads(line))
