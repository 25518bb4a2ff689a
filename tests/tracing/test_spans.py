"""Workflows and steps are spans, and a start carries its trace through the database."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from django.test import override_settings
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import durable_engine as durable
from durable_engine.models import Workflow
from durable_engine.runtime.engine import reset
from tests.support.databases import MakeDatabase
from tests.support.project import Project


@pytest.fixture
def engine_database(engine_database: str) -> Iterator[str]:
    """The fixture of the same name; engine and worker end before the database."""
    try:
        yield engine_database
    finally:
        durable.destroy(workflow_completion_timeout_sec=5)
        reset()


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """A site that traces; gives what was exported."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)
    return exporter


def span(name: str) -> AbstractContextManager[trace.Span]:
    """Open a span of the project's own."""
    return trace.get_tracer("tests").start_as_current_span(name)


@durable.step(name="tracing.pack")
def pack() -> str:
    with span("library"):
        return "packed"


@durable.step(
    name="tracing.flaky", retries_allowed=True, interval_seconds=0.0, max_attempts=2
)
async def flaky(failed: list[int]) -> str:
    if not failed:
        failed.append(1)
        raise ValueError("once")
    return "done"


@durable.transaction(name="tracing.book")
def book() -> int:
    return Workflow.objects.count()


@durable.workflow(name="tracing.child")
async def child() -> str:
    return await flaky([])


@durable.workflow(name="tracing.order")
def order() -> str:
    pack()
    book()
    return durable.start_workflow(child).get_result()


@durable.workflow(name="tracing.broken")
def broken() -> None:
    pack()
    raise ValueError("broken")


@durable.workflow(name="tracing.later")
async def later() -> str:
    async def inner() -> str:
        with span("library"):
            return "inner"

    return await durable.run_step_async({"name": "tracing.inner"}, inner)


mail = durable.Queue("tracing-mail")


@durable.workflow(name="tracing.waiting")
def waiting() -> str:
    pack()
    durable.set_event("packed", True)
    answer: str = durable.recv(timeout_seconds=60)
    return answer


def named(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [one for one in exporter.get_finished_spans() if one.name == name]


def tree(exporter: InMemorySpanExporter) -> dict[str, str | None]:
    """Return what stands under what; names are unique but for attempts."""
    finished = exporter.get_finished_spans()
    names = {one.context.span_id: one.name for one in finished}
    return {
        one.name: None if one.parent is None else names.get(one.parent.span_id)
        for one in finished
    }


def test_a_start_in_a_request_continues_its_trace_in_a_worker(engine_database, spans):
    with span("request"):
        handle = durable.start_workflow(order)
    durable.launch(threads=4, coroutines=4)
    assert handle.get_result() == "done"
    durable.destroy()
    assert tree(spans) == {
        "request": None,
        "tracing.order": "request",
        "tracing.pack": "tracing.order",
        "library": "tracing.pack",
        "tracing.book": "tracing.order",
        "tracing.child": "tracing.order",
        "tracing.flaky": "tracing.child",
    }
    assert len({s.context.trace_id for s in spans.get_finished_spans()}) == 1
    (one,) = named(spans, "tracing.order")
    assert one.kind is trace.SpanKind.CONSUMER
    assert one.attributes is not None
    assert one.attributes["durable.workflow.id"] == handle.workflow_id
    assert one.attributes["durable.workflow.execution"] == 1
    assert one.attributes["durable.workflow.outcome"] == "SUCCESS"
    first, second = named(spans, "tracing.flaky")
    assert first.status.description == "ValueError: once"
    assert [event.name for event in first.events] == ["exception"]
    assert second.status.is_ok
    assert [s.attributes["durable.step.attempt"] for s in (first, second)] == [1, 2]


def test_a_replay_repeats_no_span(engine_database, spans):
    with durable.SetWorkflowID("origin"), pytest.raises(ValueError, match="broken"):
        broken()
    assert named(spans, "tracing.broken")[0].status.description == "ValueError: broken"
    spans.clear()
    durable.launch(threads=1, coroutines=1)
    fork = durable.fork_workflow("origin", 2)
    with pytest.raises(ValueError, match="broken"):
        fork.get_result()
    durable.destroy()
    # The fork was made outside any trace: it begins one.
    assert tree(spans) == {"tracing.broken": None}


def test_each_execution_is_a_span_of_the_same_trace(engine_database, spans):
    durable.launch(threads=1, coroutines=1)
    with span("request"):
        handle = mail.enqueue(waiting)
    assert durable.get_event(handle.workflow_id, "packed", timeout_seconds=30)
    durable.destroy()
    (first,) = named(spans, "tracing.waiting")
    assert first.attributes["durable.workflow.outcome"] == "interrupted"
    assert first.attributes["durable.queue.name"] == "tracing-mail"
    durable.send(handle.workflow_id, "go on")
    durable.launch(threads=1, coroutines=1)
    assert handle.get_result() == "go on"
    durable.destroy()
    _, second = named(spans, "tracing.waiting")
    assert second.attributes["durable.workflow.execution"] > 1
    assert second.context.trace_id == first.context.trace_id
    assert second.parent.span_id == first.parent.span_id
    assert second.status.is_unset
    assert len(named(spans, "tracing.pack")) == 1


def test_coroutines_are_traced_and_nothing_stays_current(engine_database, spans):
    async def main() -> None:
        await later()
        assert not trace.get_current_span().get_span_context().is_valid

    asyncio.run(main())
    assert tree(spans) == {
        "tracing.later": None,
        "tracing.inner": "tracing.later",
        "library": "tracing.inner",
    }
    (one,) = named(spans, "tracing.later")
    assert one.kind is trace.SpanKind.INTERNAL


def test_tracing_can_be_switched_off(engine_database, spans):
    engine = {"DATABASE": "default", "TRACING": False}
    with override_settings(DURABLE_ENGINE=engine), span("here"):
        with durable.SetWorkflowID("untraced"):
            asyncio.run(later())
        assert Workflow.objects.get(id="untraced").trace_context is None
        durable.destroy()
        reset()
    assert tree(spans) == {"library": "here", "here": None}


def test_nothing_is_stored_without_a_provider(engine_database):
    with durable.SetWorkflowID("untraced"):
        asyncio.run(later())
    assert Workflow.objects.get(id="untraced").trace_context is None


def test_a_site_that_does_not_trace_imports_nothing(
    make_database: MakeDatabase, tmp_path
):
    project = Project(tmp_path / "project", make_database("sqlite"))
    project.workflows(
        """
        import durable_engine as durable

        @durable.step
        def one():
            return 1

        @durable.workflow
        def plain():
            return one()
        """
    )
    said = project.run(
        """
        import sys
        from shop.workflows import plain
        print(plain(), [name for name in sys.modules if name.startswith("opentel")])
        """
    )
    assert said.strip() == "1 []"
