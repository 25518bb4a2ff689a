"""Runs the cases of a matrix: one script, harmed at each point in turn."""

import queue
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from tests.faults.harness import ledger, oracle
from tests.faults.harness.boundary import CRASHED
from tests.faults.harness.oracle import Evidence
from tests.faults.harness.orders import Order
from tests.faults.harness.slots import Slot

_MOST_LIVES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One script in one manner, harmed at most at one point of each life."""

    script: str
    coroutines: bool
    through_worker: bool
    harm: str | None = None
    points: tuple[int, ...] = ()  # of the first life, the second, …
    surely: bool = True  # every point is reached
    mutant: str | None = None
    patience_seconds: float = 30.0

    def __str__(self) -> str:
        flavour = "coroutines" if self.coroutines else "threads"
        start = "through a worker" if self.through_worker else "called directly"
        harmed = f", {self.harm} at {self.points}" if self.harm else ""
        return f"{self.script} on {flavour}, {start}{harmed}"


def run(slot: Slot, case: Case) -> Evidence:
    """Run one case: start the program again until it has ended in order."""
    directory = slot.fresh_directory()
    slot.reset()
    statuses: list[int] = []
    output = directory / "output"
    for life in range(_MOST_LIVES):
        harmed = life < len(case.points)
        statuses.append(
            slot.live(
                Order(
                    script=case.script,
                    coroutines=case.coroutines,
                    through_worker=case.through_worker,
                    worker=life > 0 or case.script == "children",
                    ledger=str(directory / "ledger"),
                    output=str(output),
                    harm=case.harm if harmed else None,
                    at=case.points[life] if harmed else 0,
                    mutant=case.mutant,
                    patience_seconds=case.patience_seconds,
                )
            )
        )
        if statuses[-1] != CRASHED:
            break
    said = output.read_text() if output.exists() else ""
    return oracle.gather(slot, statuses, ledger.read(directory / "ledger"), said)


class Matrix:
    """Several slots that share the cases out among them."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._free: queue.SimpleQueue[Slot] = queue.SimpleQueue()
        for slot in slots:
            self._free.put(slot)
        self._threads = ThreadPoolExecutor(len(slots))

    def run(self, case: Case) -> Evidence:
        """Run one case on a free slot."""
        slot = self._free.get()
        try:
            return run(slot, case)
        finally:
            self._free.put(slot)

    def harm(
        self, case: Case, calm: Evidence, harm: str, points: Sequence[int]
    ) -> list[str]:
        """Harm a script at each point in turn; return what was broken.

        Args:
            case: the script and its manner.
            calm: its run without harm.
            harm: what happens at the point.
            points: where.
        """
        cases = [replace(case, harm=harm, points=(point,)) for point in points]
        return self._judge_all(cases, calm)

    def harm_again(
        self, case: Case, calm: Evidence, first: int, points: Sequence[int]
    ) -> list[str]:
        """Kill the first life at one point, and the second at each in turn.

        A second life may have a commit less than another one had: threads of its
        worker may write together. What it does not reach is no violation.
        """
        cases = [replace(case, harm="crash", points=(first, point)) for point in points]
        return self._judge_all([replace(one, surely=False) for one in cases], calm)

    def _judge_all(self, cases: Sequence[Case], calm: Evidence) -> list[str]:
        judged = self._threads.map(partial(self._judge, calm), cases)
        return [found for some in judged for found in some]

    def _judge(self, calm: Evidence, case: Case) -> list[str]:
        found = self.run(case)
        broken = oracle.violations(found, calm)
        reached = [line["point"] for line in found.ledger if line["kind"] == "FAULT"]
        if reached != list(case.points) and (case.surely or not reached):
            broken.append(f"the points reached were {reached}")
        if broken and found.output:
            broken.append(found.output)
        return [f"{case}: {one}" for one in broken]

    def close(self) -> None:
        """End the threads; the slots are closed by whoever made them."""
        self._threads.shutdown()
