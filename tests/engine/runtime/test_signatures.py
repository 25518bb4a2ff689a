"""Arguments that do not fit are refused where they are given, and nothing is stored."""

import functools
import re

import pytest

import durable_engine as durable
from durable_engine.runtime.engine import engine
from tests.engine.histories import history

mail = durable.Queue("tests.signatures.mail")


@durable.workflow
def greet(name: str, /, greeting: str = "hello", *, loud: bool = False) -> str:
    said = f"{greeting} {name}"
    return said.upper() if loud else said


@durable.workflow
def needs_a_name(*, name: str) -> str:
    return name


@durable.workflow
def takes_all(*args: int, **kwargs: int) -> int:
    return sum(args) + sum(kwargs.values())


@durable.workflow
async def coroutine(name: str) -> str:
    return name


@durable.step
def step(number: int) -> int:
    return number


def injecting(function):
    """Give a function its first argument, as a decorator below ours may."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        return function("injected", *args, **kwargs)

    return call


@durable.workflow
@injecting
def injected(first: str, second: str) -> str:
    return f"{first} {second}"


class Till:
    """Has every kind of method that can be started."""

    @durable.workflow
    def of_instance(self, amount: int) -> int:
        return amount

    @classmethod
    @durable.workflow
    def of_class(cls, amount: int) -> int:
        return amount

    @staticmethod
    @durable.workflow
    def static(amount: int) -> int:
        return amount


till = Till()
durable.register_instance(till, "tests.signatures")

GREET = "It takes (name, /, greeting='hello', *, loud=False); nothing was started."
WRONG = [
    (greet, (), {}, f"missing a required argument: 'name'. {GREET}"),
    (greet, ("a", "b", "c"), {}, f"too many positional arguments. {GREET}"),
    (greet, ("a",), {"aloud": True}, "got an unexpected keyword argument 'aloud'"),
    (greet, ("a", "b"), {"greeting": "c"}, "multiple values for argument 'greeting'"),
    (needs_a_name, ("a",), {}, "too many positional arguments"),
    (needs_a_name, (), {}, "missing a required"),  # Python 3.12 says more
    (coroutine, (), {}, "missing a required argument: 'name'"),
    (step, (), {}, "missing a required argument: 'number'"),
    (till.of_instance, (), {}, "missing a required argument: 'amount'"),
    (till.of_instance, (1, 2), {}, "too many positional arguments"),
    (Till.of_class, (), {}, "missing a required argument: 'amount'"),
    (Till.static, (1, 2), {}, "too many positional arguments"),
]


def refused(function, what: str):
    """Expect the whole sentence, and that nothing is stored by it."""
    where = f"{function.__module__}.{function.__qualname__}"
    where = f"durable.call:{where}" if function is step else where
    pattern = rf"^{re.escape(where)} cannot be called so: {re.escape(what)}"
    return pytest.raises(TypeError, match=pattern)


def test_wrong_arguments_start_nothing(engine_database):
    for function, args, kwargs, what in WRONG:
        with refused(function, what):
            durable.start_workflow(function, *args, **kwargs)
        with refused(function, what):
            mail.enqueue(function, *args, **kwargs)
    assert durable.list_workflows() == []


async def test_twins_refuse_them_too(engine_database):
    what = "missing a required argument: 'name'"
    with refused(greet, what):
        await durable.start_workflow_async(greet)
    with refused(greet, what):
        await mail.enqueue_async(greet)
    with refused(coroutine, what):
        await coroutine()
    assert await durable.list_workflows_async() == []


def test_direct_calls_and_debounced_ones_refuse_them(engine_database):
    with refused(greet, "missing a required argument: 'name'"):
        greet()
    with refused(greet, "missing a required argument: 'name'"):
        durable.Debouncer(greet).debounce("key", 1)
    assert durable.list_workflows() == []


def test_what_fits_is_started(worker):
    handles = [
        durable.start_workflow(greet, "ada"),
        durable.start_workflow(greet, "ada", "hi", loud=True),
        durable.start_workflow(needs_a_name, name="ada"),
        durable.start_workflow(takes_all),
        durable.start_workflow(takes_all, 1, 2, more=3),
        durable.start_workflow(injected, "once"),
        durable.start_workflow(till.of_instance, amount=1),
        durable.start_workflow(Till.of_class, 2),
        durable.start_workflow(step, 3),
    ]
    assert [handle.get_result() for handle in handles] == [
        *("hello ada", "HI ADA", "ada", 0, 6, "injected once", 1, 2, 3)
    ]


def test_many_name_the_item_and_start_none(engine_database):
    items = [(greet, ("a",)), durable.Call(greet, ("b",)), (greet, ())]
    message = (
        f"item 2: {__name__}.greet cannot be called so: missing a required argument: "
        f"'name'. {GREET}"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        mail.enqueue_many(items)
    assert durable.list_workflows() == []


def test_in_a_workflow_nothing_is_recorded_and_it_may_go_on(engine_database):
    @durable.workflow
    def parent():
        caught = []
        for start in (
            lambda: durable.start_workflow(greet),
            lambda: mail.enqueue_many([(greet, ("a",)), (greet, ())]),
            greet,
        ):
            with pytest.raises(TypeError, match="missing a required argument"):
                start()
            caught.append(start)
        return len(caught)

    with durable.SetWorkflowID("w-1"):
        assert parent() == 3
    assert history("w-1") == []
    assert [found.id for found in durable.list_workflows()] == ["w-1"]


def test_what_a_replay_finds_recorded_is_not_asked_again(engine_database, monkeypatch):
    @durable.workflow
    def parent():
        one = durable.start_workflow(greet, "a")
        many = mail.enqueue_many([(greet, ("b",))])
        step(1)
        return [one.workflow_id, many[0].workflow_id]

    with durable.SetWorkflowID("w-1"):
        first = parent()
    fork = durable.fork_workflow("w-1", 3)

    def refuse(*_):
        raise TypeError("today it takes others")

    monkeypatch.setattr("durable_engine.runtime.requests.check_arguments", refuse)
    durable.launch(threads=2)
    assert fork.get_result() == first


def test_by_name_only_what_this_process_knows_is_asked(engine_database):
    name = f"{__name__}.greet"
    with refused(greet, "missing a required argument: 'name'"):
        durable.enqueue_workflow("mail", name)
    elsewhere = durable.enqueue_workflow("mail", "nobody.knows", 1, 2, three=4)
    with durable.SetEnqueueOptions(app_version="another"):
        other = durable.enqueue_workflow("mail", name, "a", "b", "c", "d")
    with (
        durable.SetEnqueueOptions(app_version=engine().app_version),
        refused(greet, "too many positional arguments"),
    ):
        durable.enqueue_workflow("mail", name, "a", "b", "c", "d")
    found = durable.list_workflows(sort_desc=False)
    assert [one.id for one in found] == [elsewhere.workflow_id, other.workflow_id]
