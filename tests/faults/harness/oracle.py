"""What must be true after a program was harmed and has ended all the same.

Everything is judged from outside the engine: by the ledger, by the tables as they
are, and by the run of the same script that nobody harmed.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.faults.harness.ledger import Line
from tests.faults.harness.slots import Row, Slot

Place = tuple[str, int]
"""A workflow and a position."""

Attempt = tuple[str, int, int]
"""A workflow, a position, and which attempt of its body."""

_ENDED = {"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"}
_QUERIES = {
    "workflows": "SELECT id, name, status, output, error, parent_workflow_id, "
    "parent_position, queue_name FROM durable_engine_workflow ORDER BY id",
    "steps": "SELECT workflow_id, position, name, output, error, child_workflow_id, "
    "attempts FROM durable_engine_step ORDER BY workflow_id, position",
    "events": "SELECT workflow_id, key, value, position FROM durable_engine_event",
    "history": "SELECT workflow_id, key, value, position "
    "FROM durable_engine_eventhistory ORDER BY workflow_id, position",
    "messages": "SELECT workflow_id, topic, body, consumed_position "
    "FROM durable_engine_message ORDER BY id",
    "accounts": "SELECT reference, amount FROM shop_order ORDER BY reference",
    "receipts": "SELECT text FROM shop_note ORDER BY text",
}
_ATTEMPTS = "SELECT id, recovery_attempts FROM durable_engine_workflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one case left behind."""

    statuses: list[int]  # exit status of each life
    ledger: list[Line]
    tables: dict[str, list[Row]]
    attempts: dict[str, int]
    output: str = field(repr=False)  # what the programs printed

    @property
    def result(self) -> Any:
        """What the last life got from its workflow, or None."""
        results = [line["result"] for line in self.of_kind("RESULT")]
        return results[-1] if results else None

    @property
    def commits(self) -> list[list[str]]:
        """What each commit recorded, in words."""
        return [
            [
                " ".join(str(part) for part in record[:4] if part != "")
                for record in records
            ]
            for records in (line["records"] for line in self.of_kind("DURABLE"))
        ]

    def of_kind(self, kind: str) -> list[Line]:
        """Return the lines of the ledger of one kind."""
        return [line for line in self.ledger if line["kind"] == kind]


def gather(slot: Slot, statuses: list[int], ledger: list[Line], said: str) -> Evidence:
    """Read the tables and put the evidence together."""
    tables = {name: slot.rows(query) for name, query in _QUERIES.items()}
    tables["workflows"] = [_comparable(row, 4) for row in tables["workflows"]]
    tables["steps"] = [_comparable(row, 4) for row in tables["steps"]]
    return Evidence(
        statuses=statuses,
        ledger=ledger,
        tables=tables,
        attempts=dict(slot.rows(_ATTEMPTS)),  # type: ignore[arg-type]
        output=said,
    )


def _comparable(row: Row, error: int) -> Row:
    """Return a row without what differs between two good runs."""
    values = list(row)
    if values[error] is not None:
        stored = json.loads(values[error])
        values[error] = json.dumps(_without_traceback(stored), sort_keys=True)
    if values[2] == "durable.sleep":
        values[3] = "a wake-up time"
    if values[2] == "move":
        values[6] = "attempts"  # one more where a connection was lost
    return tuple(values)


def _without_traceback(stored: Any) -> Any:
    if isinstance(stored, dict):
        return {
            key: _without_traceback(value)
            for key, value in stored.items()
            if "trace" not in key
        }
    if isinstance(stored, list):
        return [_without_traceback(value) for value in stored]
    return stored


def violations(found: Evidence, calm: Evidence) -> list[str]:
    """Return every broken promise of a harmed run, in words.

    Args:
        found: the harmed run.
        calm: the run of the same script that nobody harmed.
    """
    return [
        *_of_the_end(found, calm),
        *_of_the_bodies(found),
        *_of_what_never_began(found, calm),
        *_of_the_attempts(found),
    ]


def _of_the_end(found: Evidence, calm: Evidence) -> list[str]:
    broken = []
    if found.statuses[-1] != 0:
        broken.append(f"the program did not end: statuses {found.statuses}")
    if found.result != calm.result:
        broken.append(f"the result is {found.result}, not {calm.result}")
    for name, rows in calm.tables.items():
        if found.tables[name] != rows:
            broken.append(f"{name} are {found.tables[name]}, not {rows}")
    for row in found.tables["workflows"]:
        broken += [f"workflow {row[0]} is {row[2]}"] * (row[2] not in _ENDED)
    return broken


def _of_the_bodies(found: Evidence) -> list[str]:
    """Judge how often, and when, the body of each step and transaction began."""
    bodies = _Bodies()
    for line in found.ledger:
        if line["kind"] == "BEGIN":
            bodies.begin((line["workflow"], line["position"], line["attempt"]))
        elif line["kind"] == "DURABLE":
            for record in line["records"]:
                if record[0] in ("step", "begun"):
                    _, workflow, position, _, attempts = record
                    bodies.record((workflow, position, attempts), record[0] == "step")
        elif line["kind"] == "FAULT" and line["harm"] == "crash":
            bodies.die(line["point"])
        elif line["kind"] == "FAULT":
            bodies.may_repeat_records()
    return bodies.verdict()


def _of_what_never_began(found: Evidence, calm: Evidence) -> list[str]:
    """Judge that whatever had an effect in the calm run had one here too."""
    begun = {(line["workflow"], line["position"]) for line in found.of_kind("BEGIN")}
    due = {(line["workflow"], line["position"]) for line in calm.of_kind("BEGIN")}
    return [f"{place} never began" for place in sorted(due - begun)]


class _Bodies:
    """Follows the bodies of steps and transactions through the ledger.

    Each attempt begins once, and once more only where a process died after it began
    and before its commit; and none begins before those before it are durable.
    """

    def __init__(self) -> None:
        self._broken: list[str] = []
        self._begun: Counter[Attempt] = Counter()
        self._durable: dict[Place, int] = {}  # attempts recorded
        self._completed: Counter[Place] = Counter()
        self._excused: Counter[Attempt] = Counter()
        self._repeated = False
        self._flying: set[Attempt] = set()  # begun in this life, and not durable yet

    def begin(self, attempt: Attempt) -> None:
        workflow, position, number = attempt
        if self._durable.get((workflow, position), 0) >= number:
            self._broken.append(f"{attempt} began again after it was durable")
        early = {
            other
            for other in self._flying
            if other[0] == workflow and other[1] != position
        }
        if early:
            self._broken.append(f"{attempt} began before {early} were durable")
        self._begun[attempt] += 1
        self._flying.add(attempt)

    def record(self, attempt: Attempt, completed: bool) -> None:
        *place, number = attempt
        where = (place[0], place[1])
        self._durable[where] = max(number, self._durable.get(where, 0))
        self._completed[where] += completed
        self._flying = {other for other in self._flying if other[:2] != where}

    def die(self, point: int) -> None:
        if point % 2:  # right before a commit
            self._excused.update(self._flying)
        self._flying = set()

    def may_repeat_records(self) -> None:
        """Allow what is recorded to be accepted again: nobody was told of it."""
        self._repeated = True

    def verdict(self) -> list[str]:
        for attempt, times in self._begun.items():
            if times != 1 + self._excused[attempt]:
                self._broken.append(f"{attempt} began {times} times")
        for place, times in self._completed.items():
            if times > 1 and not self._repeated:
                self._broken.append(f"{place} was recorded {times} times")
        return self._broken


def _of_the_attempts(found: Evidence) -> list[str]:
    """Judge the attempt counts: one, and one more for each death while owned."""
    attempts: Counter[str] = Counter()
    owners: dict[str, list[int]] = {}  # pids that owned a workflow, oldest first
    broken = []
    for line in found.ledger:
        for kind, *rest in line.get("records", ()):
            if kind == "claim" or (kind == "start" and rest[1] == "owned"):
                owners.setdefault(rest[0], []).append(line["pid"])
                attempts[rest[0]] = attempts[rest[0]] or 1
            elif kind == "workflows_take_from":
                # The taker may have claimed it already: its threads write in turns.
                before = [pid for pid in owners[rest[0]] if pid != line["pid"]]
                if not before or found.statuses[_life(found, before[-1])] == 0:
                    broken.append(f"{rest[0]} was taken from a process that lives")
                attempts[rest[0]] += 1
    for workflow_id, expected in attempts.items():
        counted = found.attempts.get(workflow_id)
        if counted != expected or expected > len(found.statuses):
            broken.append(f"{workflow_id} has {counted} attempts, not {expected}")
    return broken


def _life(found: Evidence, pid: int) -> int:
    """Return which life a process was, counted from 0."""
    return list(dict.fromkeys(line["pid"] for line in found.ledger)).index(pid)
