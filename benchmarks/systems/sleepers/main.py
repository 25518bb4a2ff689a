"""Lets many workflows sleep in one worker, and watches it.

Run by `benchmarks/sleepers.py`, a process for each measurement.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ENQUEUED_AT_ONCE = 5_000
LOOK_SECONDS = 0.25
WAIT_SECONDS = 120.0


def main() -> None:
    """Print, as JSON, what the sleepers took and when the last one woke and ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=("threads", "coroutines"))
    parser.add_argument("workflows", type=int)
    parser.add_argument("seconds", type=float, help="from now until all are due")
    arguments = parser.parse_args()
    import django  # noqa: PLC0415 - after the arguments are known to be good

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    print(json.dumps(measure(arguments.mode, arguments.workflows, arguments.seconds)))  # noqa: T201


def measure(mode: str, workflows: int, seconds: float) -> dict[str, float]:
    """Return memory and threads while all sleep, and when the last one had ended."""
    began = time.time()
    due = began + seconds
    _fill(mode, workflows, due)
    command = [sys.executable, "-m", "django", "durable_worker"]
    worker = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL)
    try:
        while not _all_asleep(workflows):
            time.sleep(LOOK_SECONDS)
        asleep = time.time() - began
        if asleep > seconds:
            message = f"the last fell asleep after {asleep:.0f} s; give more seconds"
            raise RuntimeError(message)
        found = {"megabytes": _resident(worker), "threads": _threads(worker)}
        time.sleep(max(0.0, due - time.time()))
        while _left():
            if time.time() > due + WAIT_SECONDS:
                message = f"{_left()} did not wake in {WAIT_SECONDS:g} s"
                raise TimeoutError(message)
            time.sleep(LOOK_SECONDS)
        woken, ended = _last_woken(), _last_end()
        return {**found, "woken_seconds": woken - due, "ended_seconds": ended - due}
    finally:
        worker.kill()
        worker.wait()


def _fill(mode: str, workflows: int, due: float) -> None:
    from benchmarks.systems.sleepers.workflows import (  # noqa: PLC0415
        QUEUE,
        in_coroutine,
        in_thread,
    )

    function = in_thread if mode == "threads" else in_coroutine
    for first in range(0, workflows, ENQUEUED_AT_ONCE):
        some = min(ENQUEUED_AT_ONCE, workflows - first)
        QUEUE.enqueue_many([(function, (due,))] * some)


def _all_asleep(workflows: int) -> bool:
    from durable_engine.models import Step  # noqa: PLC0415

    return Step.objects.filter(name="durable.sleep").count() == workflows


def _left() -> int:
    from durable_engine.models import Workflow  # noqa: PLC0415

    return Workflow.objects.exclude(status="SUCCESS").count()


def _last_woken() -> float:
    from durable_engine.models import Workflow  # noqa: PLC0415

    outputs = Workflow.objects.values_list("output", flat=True)
    return max(json.loads(output) for output in outputs.iterator())


def _last_end() -> float:
    from django.db.models import Max  # noqa: PLC0415

    from durable_engine.models import Workflow  # noqa: PLC0415

    last = Workflow.objects.aggregate(last=Max("completed_at"))["last"]
    return float(last.timestamp())


def _resident(process: subprocess.Popen[bytes]) -> float:
    return float(_status(process)["VmHWM"].split()[0]) / 1024


def _threads(process: subprocess.Popen[bytes]) -> int:
    return int(_status(process)["Threads"])


def _status(process: subprocess.Popen[bytes]) -> dict[str, str]:
    text = Path(f"/proc/{process.pid}/status").read_text()
    pairs = (line.split(":", 1) for line in text.splitlines())
    return {name: value.strip() for name, value in pairs}


if __name__ == "__main__":
    main()
