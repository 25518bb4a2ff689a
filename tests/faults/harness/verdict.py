"""What must be true after a soak, judged by its ledger and the tables alone."""

import json
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.faults.harness import load
from tests.faults.harness.driver import Job
from tests.faults.harness.ledger import Line
from tests.faults.harness.slots import Row

Read = Callable[[str], list[Row]]

_WORKFLOWS = """
    SELECT id, name, status, output, error, queue_name, queue_partition_key,
        started_at, completed_at, created_at, epoch
    FROM durable_engine_workflow
"""
_STEPS = """
    SELECT workflow_id, position, name, error, completed_at, epoch
    FROM durable_engine_step
"""
_RECEIPTS = {"move", "tick_receipt"}
_SHOWN = 20


def judge(jobs: dict[str, Job], ledger: Iterable[Line], read: Read) -> list[str]:
    """Return every broken promise, in words; at most twenty of each kind.

    Args:
        jobs: what was started, by id.
        ledger: what happened, oldest first.
        read: runs a query on the database at its end.
    """
    rows = {row[0]: row for row in read(_WORKFLOWS)}
    steps = read(_STEPS)
    found = [
        _of_the_ends(jobs, rows),
        _of_the_others(jobs, rows),
        _of_the_bodies(ledger),
        _of_the_receipts(steps, read),
        _of_the_streams(jobs, rows, read),
        _of_the_places(jobs, rows),
        _of_the_rate(rows),
        _of_the_order(jobs, rows),
        _of_the_ticks(rows),
    ]
    return [one for some in found for one in some[:_SHOWN]]


def _of_the_ends(jobs: dict[str, Job], rows: dict[str, Row]) -> list[str]:
    """Every job has ended as its plan says, in spite of everything."""
    broken = []
    for job in jobs.values():
        row = rows.get(job.id)
        if row is None:
            broken.append(f"{job.id} was lost")
            continue
        status, output, error = row[2:5]
        wanted = "ERROR" if job.fails else "SUCCESS"
        wanted = "CANCELLED" if job.cancelled else wanted
        if status != wanted:
            broken.append(f"{job.id} is {status}, not {wanted}: {error} {job}")
        elif status == "SUCCESS":
            value = json.loads(output)
            if value != load.expected(job.plan):
                broken.append(f"{job.id} gave {value} for {job}")
        elif status == "ERROR" and "the end of the script" not in error:
            broken.append(f"{job.id} failed by {error}")
    return broken


def _of_the_others(jobs: dict[str, Job], rows: dict[str, Row]) -> list[str]:
    """What workflows started themselves has ended well too."""
    abandoned = tuple(job.id for job in jobs.values() if job.cancelled)
    return [
        f"{row[0]} is {row[2]}: {row[4]}"
        for row in rows.values()
        if row[0] not in jobs
        and row[2] != "SUCCESS"
        # A child called on the stack of what was cancelled stands where it stood.
        and not (row[0].startswith(abandoned) and row[2] == "CANCELLED")
    ]


def _of_the_bodies(ledger: Iterable[Line]) -> list[str]:
    """No body begins again, in its epoch or a later one, once it is durable.

    A body begins only after all before it are durable: the first line of position
    n proves positions below n. A process that was frozen and taken over may begin
    one more body; so may one whose workflow was cancelled in that moment.
    """
    broken = []
    proven: dict[str, list[tuple[int, int]]] = defaultdict(list)  # epoch, position
    cancelled: dict[str, int] = {}
    late: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for line in ledger:
        if line["kind"] == "CANCELLED":
            cancelled[line["workflow"]] = line["epoch"]
        if line["kind"] != "BEGIN":
            continue
        workflow, position, epoch = line["workflow"], line["position"], line["epoch"]
        if any(e <= epoch and p > position for e, p in proven[workflow]):
            broken.append(f"{line} began again after it was durable")
        if (epoch, position) not in proven[workflow]:
            insort(proven[workflow], (epoch, position))
        if epoch < cancelled.get(workflow, 0):
            late[workflow].add((epoch, position))
    return broken + [
        f"{workflow} began {sorted(places)} after it was cancelled"
        for workflow, places in late.items()
        if len(places) > 1 + len({epoch for epoch, _ in places})
    ]


def _of_the_receipts(steps: list[Row], read: Read) -> list[str]:
    """Each recorded transaction has one receipt, each receipt its record."""
    receipts = Counter(row[0] for row in read("SELECT text FROM shop_note"))
    recorded = {
        f"{row[0]}:{row[1]}"
        for row in steps
        if row[2] in _RECEIPTS and row[3] is None and row[4] is not None
    }
    copied = {one for one in recorded if one.rpartition(":")[0].endswith("f")}
    broken = [f"{one} committed {n} times" for one, n in receipts.items() if n > 1]
    broken += [f"{one} committed, unrecorded" for one in receipts.keys() - recorded]
    broken += [
        f"{one} recorded, uncommitted" for one in recorded - receipts.keys() - copied
    ]
    [(total,)] = read("SELECT sum(amount) FROM shop_order")
    return broken + [f"the accounts hold {total}"] * (total != 100 * len(load.ACCOUNTS))


def _of_the_streams(
    jobs: dict[str, Job], rows: dict[str, Row], read: Read
) -> list[str]:
    """Streams hold what was written to them: in order, once."""
    written: dict[str, list[str]] = defaultdict(list)
    for workflow, value in read(
        "SELECT workflow_id, value FROM durable_engine_streamentry "
        'ORDER BY workflow_id, "offset"'
    ):
        written[workflow].append(json.loads(value))
    broken = []
    for job in jobs.values():
        wanted = [step[1] for step in job.plan if step[0] == "stream"]
        ended = job.id in rows and rows[job.id][2] in ("SUCCESS", "ERROR")
        if ended and job.forked_at is None and written.get(job.id, []) != wanted:
            broken.append(f"{job.id} wrote {written.get(job.id)}, not {wanted}")
    return broken


def _of_the_places(jobs: dict[str, Job], rows: dict[str, Row]) -> list[str]:
    """Never more at once than a queue's limit, from first claim to end."""
    most = {("limited", None): load.CONCURRENCY, ("single", None): 1}
    intervals: dict[Any, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for row in rows.values():
        job = jobs.get(row[0])
        if job is None or job.disturbed or row[7] is None or row[8] is None:
            continue
        key = (row[5], row[6] if row[5] == "parted" else None)
        if row[5] in ("limited", "single", "parted"):
            intervals[key].append((_instant(row[7]), _instant(row[8]), row[0]))
    broken = []
    for key, some in intervals.items():
        limit = most.get(key, 1)
        edges = sorted(
            [(begin, 1, one) for begin, _, one in some]
            + [(end, -1, one) for _, end, one in some]
        )
        now = 0
        for moment, change, one in edges:
            now += change
            if now > limit:
                broken.append(f"{now} ran in {key} at {moment}, with {one}")
    return broken


def _of_the_rate(rows: dict[str, Row]) -> list[str]:
    """Never more starts in any period than the limiter allows."""
    starts = sorted(
        _instant(row[7]) for row in rows.values() if row[5] == "rated" and row[7]
    )
    limit, period = int(load.RATE["limit"]), timedelta(seconds=load.RATE["period"])
    return [
        f"{limit + 1} started in {starts[place + limit] - start} from {start} on"
        for place, start in enumerate(starts[:-limit])
        if starts[place + limit] - start < period
    ]


def _of_the_order(jobs: dict[str, Job], rows: dict[str, Row]) -> list[str]:
    """One at a time means first in, first out, among threads and among coroutines.

    A worker with places of one kind only takes the oldest of that kind.
    """
    single: dict[str, list[Row]] = defaultdict(list)
    for row in rows.values():
        job = jobs.get(row[0])
        if row[5] == "single" and row[7] and job is not None and not job.disturbed:
            single[row[1]].append(row)
    broken = []
    for some in single.values():
        by_age = sorted(some, key=lambda row: _instant(row[9]))
        broken += [
            f"{later[0]} overtook {row[0]}"
            for row, later in pairwise(by_age)
            if _instant(later[7]) < _instant(row[7])
        ]
    return broken


def _of_the_ticks(rows: dict[str, Row]) -> list[str]:
    """No second without its tick between the first and the last."""
    slots = sorted(
        datetime.fromisoformat(json.loads(row[3]))
        for row in rows.values()
        if row[1] == "soak_tick" and row[2] == "SUCCESS"
    )
    return [
        f"no tick between {one} and {other}"
        for one, other in pairwise(slots)
        if other - one != timedelta(seconds=1)
    ]


def _instant(value: Any) -> datetime:
    """Return an instant of either database."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=None)  # type: ignore[no-any-return]
