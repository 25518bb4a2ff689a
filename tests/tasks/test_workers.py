"""Tasks in a project of their own: found at start-up, and run again after a crash."""

import os
import subprocess
import sys

from durable_engine.tasks import vendor
from tests.support.databases import ROOT

SOURCE = f"""
    import os

    from {vendor.NAME} import task


    @task(takes_context=True)
    def work(context, path):
        with open(path, "a") as file:
            print(context.attempt, file=file, flush=True)
        if context.attempt == 1:
            print("first attempt", flush=True)
            import threading
            threading.Event().wait()
        return context.task_result.worker_ids
"""

ENQUEUE = """
    from shop.tasks import work

    print(work.enqueue({path!r}).id)
"""

RESULT = """
    import durable_engine as durable
    from shop.tasks import work

    durable.retrieve_workflow({id!r}).get_result()
    result = work.get_result({id!r})
    known = result.return_value
    print(result.status, result.attempts, len(set(known)), "lost" in known)
"""

WITHOUT_TASKS = """
import sys
from importlib.machinery import PathFinder


class Missing(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in ("django.tasks", "django_tasks"):
            return None
        return super().find_spec(name, path, target)


sys.meta_path[:] = [f for f in sys.meta_path if f is not PathFinder] + [Missing]
from django.conf import settings
import django

settings.configure(INSTALLED_APPS=["durable_engine"], TASKS={"default": {"BACKEND": ""}})
django.setup()
from durable_engine.tasks import DurableBackend

try:
    DurableBackend("default", {})
except Exception as error:
    print(type(error).__name__, error)
"""


def test_task_of_a_killed_worker_runs_again(project, tmp_path):
    project.write("shop/tasks.py", SOURCE)
    project.configure(
        TASKS={"default": {"BACKEND": "durable_engine.tasks.DurableBackend"}}
    )
    attempts = tmp_path / "attempts"
    result_id = project.run(ENQUEUE.format(path=str(attempts))).strip()
    with project.worker() as first:
        first.wait_for("first attempt")
        first.kill()
    with project.worker():
        answer = project.run(RESULT.format(id=result_id))
    assert answer == "SUCCESSFUL 2 2 False\n"
    assert attempts.read_text() == "1\n2\n"


def test_without_djangos_tasks_only_using_it_raises():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TASKS],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        "ImproperlyConfigured TASKS['default'] uses durable_engine.tasks.DurableBackend, "
        "and this Django has no tasks of its own. Install the backport: "
        'pip install "django-durable-engine[tasks]"\n'
    )
