"""Spans of OpenTelemetry for workflows and steps; nothing where nobody traces.

A start stores the trace context it was made in with the workflow's row; whoever runs
the workflow continues that trace, in any process and at any later time.

Nothing of OpenTelemetry is imported here before the project has imported it, and
nothing is done until a tracer provider is set: till then a start costs a look into
`sys.modules`, a step the look at an attribute that is None.
"""

import sys
from typing import TYPE_CHECKING, Any

from durable_engine.conf import Settings

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

    from durable_engine.runtime.context import Run

_MODULE = "opentelemetry.trace"
_MOST_CHARACTERS = 1024
_CARRIED = ("traceparent", "tracestate")

WORKFLOW_ID = "durable.workflow.id"
WORKFLOW_NAME = "durable.workflow.name"
EXECUTION = "durable.workflow.execution"
OUTCOME = "durable.workflow.outcome"
QUEUE = "durable.queue.name"
EXECUTOR = "durable.executor.id"
STEP = "durable.step.position"
ATTEMPT = "durable.step.attempt"


def traced(settings: Settings) -> bool:
    """Whether spans go anywhere: tracing is not switched off, and a provider is set."""
    trace = sys.modules.get(_MODULE)
    if trace is None or not settings.tracing:
        return False
    provider = trace.get_tracer_provider()
    # Without a provider there is a proxy that would be asked for every span.
    return type(provider).__name__ not in ("ProxyTracerProvider", "NoOpTracerProvider")


def current_trace_context(settings: Settings) -> str | None:
    """Return the trace context of here as it is stored; None where none is traced."""
    if not traced(settings):
        return None
    carrier: dict[str, str] = {}
    _propagator().inject(carrier)
    text = "\n".join(carrier[key] for key in _CARRIED if carrier.get(key))
    return text if 0 < len(text) <= _MOST_CHARACTERS else None


class OpenSpan:
    """A span that is current in this thread or task until `close`."""

    __slots__ = ("_token", "span", "tracer")

    def __init__(self, span: "Span", tracer: "Tracer") -> None:
        from opentelemetry import context, trace  # noqa: PLC0415 - only where traced

        self.span = span
        self.tracer = tracer
        self._token: Token[Context] = context.attach(trace.set_span_in_context(span))

    def failed(self, error: BaseException) -> None:
        """Say that what the span stands for raised an error."""
        from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415

        self.span.record_exception(error)
        said = f"{type(error).__name__}: {error}"
        self.span.set_status(Status(StatusCode.ERROR, said))

    def close(self) -> None:
        """End the span."""
        from opentelemetry import context  # noqa: PLC0415 - only where traced

        self.span.end()
        context.detach(self._token)


def workflow_span(run: "Run") -> OpenSpan | None:
    """Begin the span of one execution of a workflow; None where nobody traces."""
    if not traced(run.engine.settings):
        return None
    from opentelemetry import trace  # noqa: PLC0415 - only where traced

    claimed = run.claimed
    attributes: dict[str, Any] = {
        WORKFLOW_ID: run.workflow_id,
        WORKFLOW_NAME: run.registration.name,
        EXECUTION: run.epoch,
        EXECUTOR: run.engine.executor_id,
    }
    if claimed.queue_name is not None:
        attributes[QUEUE] = claimed.queue_name
    kinds = trace.SpanKind
    tracer = trace.get_tracer("durable_engine")
    span = tracer.start_span(
        run.registration.name,
        context=_stored(claimed.trace_context),
        kind=kinds.INTERNAL if claimed.queue_name is None else kinds.CONSUMER,
        attributes=attributes,
    )
    return OpenSpan(span, tracer)


def step_span(run: "Run", name: str, position: int, attempt: int) -> OpenSpan | None:
    """Begin the span of one attempt of a step; None where its workflow has none."""
    if run.span is None:
        return None
    from opentelemetry import trace  # noqa: PLC0415 - only where traced

    attributes: dict[str, Any] = {
        WORKFLOW_ID: run.workflow_id,
        STEP: position,
        ATTEMPT: attempt,
    }
    # Of its workflow, where nothing of the project's own is in between.
    here = trace.get_current_span().get_span_context()
    context = None
    if here.trace_id != run.span.span.get_span_context().trace_id:
        context = trace.set_span_in_context(run.span.span)
    tracer = run.span.tracer
    span = tracer.start_span(name, context=context, attributes=attributes)
    return OpenSpan(span, tracer)


def close_workflow(run: "Run", outcome: str, error: BaseException | None) -> None:
    """End the span of an execution, if it has one.

    Args:
        run: whose.
        outcome: the status that its row is to have, or that it was interrupted.
        error: which the workflow ends with.
    """
    open_span, run.span = run.span, None
    if open_span is not None:
        open_span.span.set_attribute(OUTCOME, outcome)
        if error is not None:
            open_span.failed(error)
        open_span.close()


def _stored(text: str | None) -> "Context":
    """Return the context of a start: an empty one, a new trace, if none was stored."""
    from opentelemetry.context import Context  # noqa: PLC0415 - only where traced

    if text is None:
        return Context()
    carrier = dict(zip(_CARRIED, text.split("\n"), strict=False))
    context: Context = _propagator().extract(carrier, context=Context())
    return context


def _propagator() -> Any:
    from opentelemetry.trace.propagation import (  # noqa: PLC0415 - only where traced
        tracecontext,
    )

    return tracecontext.TraceContextTextMapPropagator()
