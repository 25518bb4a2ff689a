"""Who gives a soak its work: starts, enqueues, sends, cancels, resumes and forks."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.db import InterfaceError, OperationalError, connections

import durable_engine as durable
from tests.faults.harness import load
from tests.faults.harness.ledger import Ledger
from tests.faults.harness.load import Plan

_COPYABLE = {"note", "slow", "flaky", "fail", "move", "nap", "stream", "call"}
_VERBS = {
    "note": 6,
    "move": 6,
    "flaky": 2,
    "fail": 1,
    "slow": 4,
    "nap": 3,
    "call": 2,
    "start": 2,
    "enqueue": 3,
    "event": 2,
    "stream": 3,
    "mailbox": 3,
}
_READING = {"look", "cancel"}  # through the ORM, which passes on what happens
_MOST_QUEUED = 6


@dataclass(slots=True, kw_only=True)
class Job:
    """One workflow that the driver started, and what it must come to."""

    id: str
    plan: Plan
    queue: str | None
    fails: bool = False
    disturbed: bool = False  # cancelled at least once
    cancelled: bool = False  # and left so
    letters: int = 0  # that it must be sent
    coroutine: bool = False
    forked_at: int | None = None


class Driver:
    """Keeps so many workflows in flight; all that it does is drawn from a seed."""

    def __init__(self, seed: int, ledger: Ledger, backlog: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._seed = seed
        self._ledger = ledger
        self._backlog = backlog
        self._numbers = 0
        self._open: dict[str, Job] = {}
        self._resumes: list[tuple[float, Job]] = []
        self._unsure: Job | None = None
        self.jobs: dict[str, Job] = {}
        self.broken: list[str] = []
        self.acts: dict[str, int] = {}
        self._tick = threading.Event()

    def prepare(self) -> None:
        """Create the schedule that fires once a second."""
        durable.create_schedule(
            schedule_name="tick",
            workflow_fn=load.tick,
            schedule="* * * * * *",
            automatic_backfill=True,
        )

    def run(self, seconds: float) -> None:
        """Start and disturb workflows for so long."""
        until = monotonic() + seconds
        while monotonic() < until:
            self._attempt("look", self._forget_ended)
            for _ in range(self._backlog - len(self._open)):
                self._attempt("start", self._start)
            if self._unsure is not None:
                self._attempt("start", self._start)
            self._attempt("cancel", self._cancel)
            self._resume_due(monotonic())
            if self._random.random() < 0.3:
                self._attempt("fork", self._fork)
            self._tick.wait(0.1)

    def finish(self) -> None:
        """Resume what is to be resumed, and let no more ticks come."""
        if self._unsure is not None:
            self._attempt("start", self._start)
        self._resume_due(float("inf"))
        self._attempt("pause", lambda: durable.pause_schedule("tick"))

    def _attempt(self, name: str, act: Callable[[], None]) -> None:
        """Act; a database that is away too long is no violation, all else is."""
        try:
            act()
        except durable.DatabaseUnavailable:
            return
        except (OperationalError, InterfaceError) as error:
            if name not in _READING:
                self.broken.append(f"{name} raised {error!r}")
            connections.close_all()  # as a web process does after each request
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
            self.broken.append(f"{name} raised {type(error).__name__}: {error}")
            return
        self.acts[name] = self.acts.get(name, 0) + 1

    def _forget_ended(self) -> None:
        if not self._open:
            return
        found = durable.list_workflows(workflow_ids=list(self._open), limit=1000)
        for one in found:
            job = self._open.get(one.workflow_id)
            if job is None or one.status in ("PENDING", "ENQUEUED", "DELAYED"):
                continue
            if one.status != "CANCELLED" or job.cancelled:
                del self._open[one.workflow_id]

    def _start(self) -> None:
        """Start one more; one of which nobody knows whether it began, again."""
        if self._unsure is None:
            self._numbers += 1
            job = self._job(f"s{self._seed}-{self._numbers}")
            self._unsure = self.jobs[job.id] = self._open[job.id] = job
        self._begin(self._unsure)
        self._unsure = None

    def _begin(self, job: Job) -> None:
        """Start a workflow and send its letters; doing so again changes nothing."""
        workflow: Any = load.soak_async if job.coroutine else load.soak
        key = load.partition(job.queue, job.id) if job.queue else None
        with (
            durable.SetWorkflowID(job.id),
            durable.SetEnqueueOptions(queue_partition_key=key),
        ):
            if job.queue is None:
                durable.start_workflow(workflow, job.plan)
            else:
                load.QUEUES[job.queue].enqueue(workflow, job.plan)
        for number in range(job.letters):
            text, key = f"letter {number}", f"{job.id}/{number}"
            durable.send(job.id, text, "post", idempotency_key=key)

    def _job(self, workflow_id: str) -> Job:
        busy = Counter(job.queue for job in self._open.values())
        queues = [name for name in load.QUEUES if busy[name] < _MOST_QUEUED]
        queue = self._random.choice((None, None, None, *queues))
        plan = self._plan(self._random.randint(2, 6), depth=2)
        letters = self._random.choice((0, 0, 0, 2))
        if letters:
            plan.append(["mail", letters])
        fails = self._random.random() < 0.1
        if fails:
            plan.append(["give_up"])
        return Job(
            id=workflow_id,
            plan=plan,
            queue=queue,
            fails=fails,
            letters=letters,
            coroutine=self._random.random() < 0.5,
        )

    def _plan(self, length: int, depth: int) -> Plan:
        plan: Plan = []
        for number in range(length):
            [verb] = self._random.choices(list(_VERBS), list(_VERBS.values()))
            plan += self._verb(verb, f"n{number}", depth)
        return plan

    def _verb(self, verb: str, label: str, depth: int) -> Plan:  # noqa: PLR0911 - one a verb
        match verb:
            case "call" | "start" | "enqueue" if not depth:
                return [["note", label]]
            case "call" | "start":
                return [[verb, self._plan(2, 0)]]
            case "enqueue":  # from a place of a limited queue into it: a deadlock
                return [[verb, "plain", self._plan(2, 0)]]
            case "mailbox":
                return [
                    ["send", f"{label}a"],
                    ["send", f"{label}b"],
                    ["recv"],
                    ["recv"],
                ]
            case "move":
                return [["move", *self._random.sample(load.ACCOUNTS, 2)]]
            case "slow" | "nap":
                return [[verb, self._random.choice((0.01, 0.1, 0.5, 2.0))]]
            case _:
                return [[verb, label]]

    def _cancel(self) -> None:
        """Cancel a workflow at random, to be resumed soon or never."""
        if not self._open or self._random.random() < 0.8:
            return
        job = self._random.choice(list(self._open.values()))
        if any(job is resumed for _, resumed in self._resumes):
            return
        job.disturbed = True  # whatever is known of this act at its end
        again = (monotonic() + self._random.uniform(0, 3), job)
        self._resumes.append(again)
        durable.cancel_workflow(job.id)
        found = durable.get_workflow_status(job.id)
        if found is None or found.status != "CANCELLED":
            return
        self._ledger.write("CANCELLED", workflow=job.id, epoch=_epoch(job.id))
        if self._random.random() < 0.2:
            job.cancelled = True
            self._resumes.remove(again)

    def _resume_due(self, moment: float) -> None:
        for due in [one for one in self._resumes if one[0] <= moment]:
            job = due[1]
            before = len(self.broken), sum(self.acts.values())
            self._attempt("resume", lambda: self._resume(job))  # noqa: B023
            if (len(self.broken), sum(self.acts.values())) != before:
                self._resumes.remove(due)

    @staticmethod
    def _resume(job: Job) -> None:
        durable.resume_workflow(job.id)

    def _fork(self) -> None:
        """Fork what has ended well, at a step at random."""
        ended = [
            job
            for job in list(self.jobs.values())[-300:]
            if job.id not in self._open
            and not (job.cancelled or job.fails or job.forked_at is not None)
            and {verb for verb, *_ in job.plan} <= _COPYABLE
        ]
        if not ended:
            return
        job = self._random.choice(ended)
        step = self._random.randint(1, len(job.plan))
        self._numbers += 1
        fork = Job(
            id=f"s{self._seed}-{self._numbers}f",
            plan=job.plan,
            queue=None,
            forked_at=step,
        )
        with durable.SetWorkflowID(fork.id):
            durable.fork_workflow(job.id, step)
        self.jobs[fork.id] = self._open[fork.id] = fork


def _epoch(workflow_id: str) -> int:
    from durable_engine.models import Workflow  # noqa: PLC0415 - after Django's setup

    return int(Workflow.objects.values_list("epoch", flat=True).get(pk=workflow_id))
