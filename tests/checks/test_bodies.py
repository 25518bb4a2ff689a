"""`manage.py check` reads the bodies of workflows and warns of what differs."""

import inspect
import linecache
import re
from importlib import import_module

import pytest
from django.core.checks import Warning as CheckWarning

import durable_engine as durable
from durable_engine.checks.determinism import messages_about
from durable_engine.checks.suspects import BY_NAME, SUSPICIONS
from durable_engine.runtime.registry import WorkflowRegistration, registry
from tests.checks import innocent, suspicious
from tests.programs import (
    test_agent,
    test_async_fan_out,
    test_hello,
    test_queue,
    test_reminder,
    test_widget_store,
)
from tests.support.databases import ROOT

STORAGE = "django.core.files.storage.DefaultStorage"
FOREIGN = {"requests", "httpx", "urllib3", "aiohttp", "boto3", "redis", "gevent"}
FOREIGN |= {"psycopg2", "ntpath"}
NOT_EVERYWHERE = {
    *("uuid.uuid6", "uuid.uuid7", "pathlib.Path.walk"),  # of later Pythons
    *("os.getrandom", "os.forkpty", "posix.forkpty"),  # of some systems
    *(f"{STORAGE}.{name}" for name in ("open", "save", "exists", "delete")),  # lazy
}
EXPECTED = re.compile(r"# (W1\d\d)$")
PROGRAMS = [
    test_agent,
    test_async_fan_out,
    test_hello,
    test_queue,
    test_reminder,
    test_widget_store,
]


def workflows_of(module):
    return [
        one
        for one in registry.workflows()
        if one.function.__module__ == module.__name__
    ]


def found_in(workflows):
    """Return the lines and ids of all warnings about workflows."""
    return sorted(
        (
            int(re.search(r":(\d+): ", message.msg)[1]),
            message.id.removeprefix("durable."),
        )
        for one in workflows
        for message in messages_about(one)
    )


def test_every_line_that_a_replay_would_mind():
    lines = inspect.getsource(suspicious).splitlines()
    expected = [
        (number, found[1])
        for number, line in enumerate(lines, start=1)
        if (found := EXPECTED.search(line))
    ]
    assert found_in(workflows_of(suspicious)) == expected
    assert {f"durable.{name}" for _, name in expected} == {
        kind.id for kind in SUSPICIONS
    }


def test_no_line_that_it_would_not_mind():
    assert len(workflows_of(innocent)) == 6
    assert found_in(workflows_of(innocent)) == []


def test_warning_says_place_reason_and_mend(monkeypatch):
    monkeypatch.chdir(ROOT)
    registration = suspicious.clocks.__durable__
    warning = messages_about(registration)[0]
    line = inspect.getsourcelines(suspicious.clocks.__wrapped__)[1] + 2
    assert isinstance(warning, CheckWarning)
    assert str(warning) == (
        "tests.checks.suspicious.clocks: (durable.W101) "
        f"tests/checks/suspicious.py:{line}: datetime.now() in the body of a workflow "
        "shows another time at each replay.\n\tHINT: Use durable.now(), which a replay "
        "repeats, or read the clock in a step. If it is meant, end the line with "
        "'# durable: ignore'."
    )


def test_comment_for_another_id_allows_nothing():
    @durable.workflow
    def program():
        import time

        return time.time()  # durable: ignore[W102]

    assert [one.id for one in messages_about(program.__durable__)] == ["durable.W101"]


def test_what_has_no_source_is_left_alone(tmp_path):
    space = {"durable": durable, "__name__": "tests.checks.generated"}
    exec("@durable.workflow\ndef made(): import time; return time.time()", space)
    assert messages_about(space["made"].__durable__) == []
    module = tmp_path / "changed.py"
    module.write_text(
        "import durable_engine as durable\n@durable.workflow\ndef f(): pass"
    )
    exec(compile(module.read_text(), str(module), "exec"), space)
    module.write_text("def f(:")
    linecache.checkcache(str(module))
    assert messages_about(space["f"].__durable__) == []
    odd = WorkflowRegistration(name="odd", function=print, is_coroutine=False)
    assert messages_about(odd) == []


def programs_of(module):
    return [
        inspect.cleandoc("\n" + text)
        for text in vars(module).values()
        if isinstance(text, str) and re.search(r"^ *@\w+\.workflow", text, re.MULTILINE)
    ]


@pytest.mark.parametrize(
    "module", PROGRAMS, ids=lambda one: one.__name__.rpartition(".")[2]
)
def test_no_false_alarm_in_the_programs_of_the_tutorial(module, tmp_path, monkeypatch):
    texts = programs_of(module)
    assert texts
    monkeypatch.setattr(registry, "_workflows", {})
    monkeypatch.setattr(registry, "_calls", {})
    monkeypatch.setattr(registry, "_queues", {})
    for number, text in enumerate(texts):
        path = tmp_path / f"program_{number}.py"
        mine = text.replace("from shop.ledger import log", "log = print")
        path.write_text(mine.replace("from shop.", "from tests.support.shop."))
        exec(compile(path.read_text(), str(path), "exec"), {"__name__": path.stem})
    assert registry.workflows() != []
    assert [m for one in registry.workflows() for m in messages_about(one)] == []


def test_no_false_alarm_in_the_demo():
    from console.demo import workflows

    assert len(workflows_of(workflows)) == 2
    assert found_in(workflows_of(workflows)) == []


def found_by(name):
    """Return what a dotted name stands for, importing as much of it as is a module."""
    parts = name.split(".")
    for split in range(len(parts) - 1, 0, -1):
        try:
            found = import_module(".".join(parts[:split]))
        except ImportError:
            continue
        for part in parts[split:]:
            found = getattr(found, part, None)
        return found
    return None


def test_suspects_are_spelt_as_python_spells_them():
    names = {one for one in BY_NAME if one.partition(".")[0] not in FOREIGN}
    assert {one for one in names if found_by(one) is None} <= NOT_EVERYWHERE
