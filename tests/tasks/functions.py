"""Tasks of the tests, as a project would define them."""

import threading

import durable_engine as durable
from durable_engine.tasks import vendor
from tests.support.shop.models import Note

if vendor.NAME == "django.tasks":
    from django.tasks import TaskContext, task
else:
    from django_tasks import TaskContext, task

ran: list[object] = []
begun = threading.Event()
release = threading.Event()


@task()
def noop(*args, **kwargs):
    return None


@task
async def noop_async(*args, **kwargs):
    return None


@task
def meaning_of_life():
    return 42


@task
async def double(number):
    return 2 * number


@task
def fail():
    raise ValueError("This task failed due to ValueError")


@task
def exit_system():
    raise SystemExit("This task failed due to SystemExit")


@task
async def exit_async():
    raise SystemExit("This task failed due to SystemExit")


@task
def complex_exception():
    raise ValueError(ValueError("This task failed"))


@task
def complex_return():
    return object()


@task
def lists(pair):
    return (1, pair)


@task(takes_context=True)
def own_id(context):
    return context.task_result.id


@task(takes_context=True, priority=5)
async def attempt(context, expected):
    assert isinstance(context, TaskContext)
    assert context.attempt == expected
    return context.task_result.task.priority


@task
def append(value):
    ran.append(value)


@task
def query():
    Note.objects.create(text="from a task")
    return Note.objects.count()


@task
def hold():
    begun.set()
    assert release.wait(30)


@durable.step
def count(what):
    ran.append(what)


@task
@durable.workflow
def program(what):
    count(what)
    return durable.recv(timeout_seconds=None)
