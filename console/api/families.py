"""A sample as families of metrics; each HELP says what is counted, and what is not."""

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)

from console.queries.metrics import Sample
from durable_engine.inspection.statistics import COUNTED_ROWS
from durable_engine.records import tallies
from durable_engine.records.alerts import AlertKind
from durable_engine.states import ACTIVE

_BEATS = (
    "Written by each process with its heartbeat; one that is killed loses what it "
    "counted since its last one."
)
_PROCESS = ["executor", "hostname", "app_version"]


def families(sample: Sample) -> Iterator[Metric]:
    """Yield every family of metrics of a sample."""
    yield from _workflows(sample)
    yield from _queues(sample)
    yield from _processes(sample)
    yield from _schedules(sample)
    yield _gauge(
        "durable_alerts_active",
        "Troubles that alerts were raised of and that go on.",
        ["kind"],
        {(kind.value,): float(sample.alerts.get(kind, 0)) for kind in AlertKind},
    )
    yield _gauge(
        "durable_metrics_read_seconds",
        "How long reading all this from the database took.",
        [],
        {(): sample.read_seconds},
    )


def _workflows(sample: Sample) -> Iterator[Metric]:
    yield _gauge(
        "durable_workflows",
        "Workflows that have not ended, now, exact up to 10,000 of a status; see "
        "durable_workflows_counted_whole.",
        ["status", "name"],
        {pair: float(number) for pair, number in sample.unfinished.items()},
    )
    totals = {str(status): 0 for status in ACTIVE}
    for (status, _), number in sample.unfinished.items():
        totals[status] += number
    yield _gauge(
        "durable_workflows_counted_whole",
        "1 where durable_workflows surely counts all of a status, 0 where it counted "
        "10,000 or more and there may be others.",
        ["status"],
        {(status,): float(rows < COUNTED_ROWS) for status, rows in totals.items()},
    )
    yield _counter(
        sample,
        tallies.WORKFLOWS_ENDED,
        "durable_workflows_ended",
        "Workflows that ended since counting began, by the process that recorded the "
        "outcome; cancelled ones only where a process saw their time-out. " + _BEATS,
        ["name", "status"],
    )
    yield _histogram(
        sample,
        tallies.WORKFLOW_SECONDS,
        "durable_workflow_seconds",
        "Time from the creation of a workflow to its end, waiting in queues included, "
        "of those in durable_workflows_ended. " + _BEATS,
        ["name"],
    )
    yield _counter(
        sample,
        tallies.TAKEN_OVER,
        "durable_workflows_taken_over",
        "Workflows of dead processes that others took over. " + _BEATS,
        [],
    )


def _queues(sample: Sample) -> Iterator[Metric]:
    depth: dict[tuple[str, ...], float] = {}
    for load in sample.queues:
        info = load.info
        depth[info.name, "ENQUEUED"] = info.enqueued
        depth[info.name, "DELAYED"] = info.delayed
        depth[info.name, "PENDING"] = info.running
    yield _gauge(
        "durable_queue_workflows",
        "Workflows in each queue now; counts end at 10,000, of delayed and running "
        "ones at 10,000 over all queues.",
        ["queue", "status"],
        depth,
    )
    oldest: dict[tuple[str, ...], float] = {
        (load.info.name,): 0.0 for load in sample.queues
    }
    for queue, since in sample.oldest.items():
        oldest[queue,] = max((sample.at - since).total_seconds(), 0.0)
    yield _gauge(
        "durable_queue_oldest_seconds",
        "Age of the workflow that waits longest to begin; 0 where none waits. "
        "Direct starts wait in the engine's own queue.",
        ["queue"],
        oldest,
    )
    yield _gauge(
        "durable_queue_paused",
        "1 where an operator paused the queue.",
        ["queue"],
        {(load.info.name,): float(load.info.paused) for load in sample.queues},
    )
    yield _counter(
        sample,
        tallies.CLAIMS,
        "durable_claims",
        "Workflows taken by workers, for the first time or to be continued (again), by "
        "queue. " + _BEATS,
        ["queue", "turn"],
    )


def _processes(sample: Sample) -> Iterator[Metric]:
    yield from _executors(sample)
    yield from _places(sample)
    yield _histogram(
        sample,
        tallies.JOURNAL_ROWS,
        "durable_journal_batch_rows",
        "Rows that a process wrote in one commit of its journal. " + _BEATS,
        [],
    )
    yield _histogram(
        sample,
        tallies.JOURNAL_SECONDS,
        "durable_journal_flush_seconds",
        "Time that one commit of a journal took. " + _BEATS,
        [],
    )


def _executors(sample: Sample) -> Iterator[Metric]:
    states: dict[tuple[str, ...], float] = {
        (kind, "alive"): 0.0 for kind in ("worker", "client")
    }
    for one in sample.executors:
        states[one.kind, one.state] = states.get((one.kind, one.state), 0.0) + 1
    yield _gauge(
        "durable_executors",
        "Processes that run workflows, by kind (worker, or client: only what is called "
        "in it) and state (alive, draining, dead: its lease ended, forgotten a day "
        "later); the 500 whose leases end last.",
        ["kind", "state"],
        states,
    )
    yield _gauge(
        "durable_executor_heartbeat_age_seconds",
        "Time since the last heartbeat of each process whose lease holds.",
        _PROCESS,
        {
            (one.executor_id, one.hostname, one.app_version): one.silent_seconds
            for one in sample.executors
            if one.lease_seconds > 0
        },
    )
    yield _gauge(
        "durable_executor_lease_seconds",
        "Time until the lease of each process ends, of those where it holds.",
        _PROCESS,
        {
            (one.executor_id, one.hostname, one.app_version): one.lease_seconds
            for one in sample.executors
            if one.lease_seconds > 0
        },
    )


def _places(sample: Sample) -> Iterator[Metric]:
    places = {
        (one.executor_id, one.hostname, one.app_version, kind): counts
        for one in sample.executors
        if one.lease_seconds > 0 and one.kind == "worker"
        for kind, counts in one.places.items()
    }
    yield _gauge(
        "durable_executor_places",
        "Workflows that each worker can run at once, by kind (threads, coroutines).",
        [*_PROCESS, "kind"],
        {key: float(most) for key, (_, most) in places.items()},
    )
    yield _gauge(
        "durable_executor_places_taken",
        "Places of each worker that were taken at its last heartbeat; those that wait "
        "take none, and may go on beyond the number of places.",
        [*_PROCESS, "kind"],
        {key: float(taken) for key, (taken, _) in places.items()},
    )


def _schedules(sample: Sample) -> Iterator[Metric]:
    yield _gauge(
        "durable_schedule_late_seconds",
        "Time since the first tick that has not been started; 0 where none is due, or "
        "the schedule is paused.",
        ["schedule"],
        {(one.name,): one.late_seconds for one in sample.schedules},
    )
    yield _gauge(
        "durable_schedule_paused",
        "1 where an operator paused the schedule.",
        ["schedule"],
        {(one.name,): float(one.paused) for one in sample.schedules},
    )


def _gauge(
    name: str, text: str, labels: list[str], values: dict[tuple[str, ...], float]
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _counter(
    sample: Sample, metric: str, name: str, text: str, labels: list[str]
) -> Metric:
    """Return a counter of tallies, whose labels are name and label, as many as given."""
    family = CounterMetricFamily(name, text, labels=labels)
    counted = sample.tallies.get(metric, {})
    if not labels:
        family.add_metric([], sum(counted.values()))
        return family
    for key, value in sorted(counted.items()):
        family.add_metric(key, value)
    return family


def _histogram(
    sample: Sample, metric: str, name: str, text: str, labels: list[str]
) -> Metric:
    """Return a histogram of tallies; what is stored by bucket is summed up."""
    family = HistogramMetricFamily(name, text, labels=labels)
    counted = sample.tallies.get(metric, {})
    bounds = [f"{bound:g}" for bound in tallies.BUCKETS[metric]] + [tallies.LAST_BUCKET]
    for owner in sorted({name for name, _ in counted}):
        total, buckets = 0.0, []
        for bound in bounds:
            total += counted.get((owner, bound), 0.0)
            canonical = bound if bound == tallies.LAST_BUCKET else str(float(bound))
            buckets.append((canonical, total))
        seconds = counted.get((owner, tallies.SUM), 0.0)
        family.add_metric([owner] if labels else [], buckets, sum_value=seconds)
    return family
