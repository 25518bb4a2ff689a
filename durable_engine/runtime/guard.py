"""The guard: a query in a workflow's body, outside any step, is refused.

What it reads may be different at the next replay. The app puts `check_statement` in
front of every statement of Django's connections; where no workflow's body runs, that
is one look at a context variable. Nothing is done per workflow or per step.

The workflow gets `QueryInWorkflow` at the query, like an error of the database: it may
catch it; if the error leaves the body, the workflow ends as ERROR. A replay is refused
at the same place.
"""

import inspect
import sys
import warnings
from types import CodeType
from typing import Any, NamedTuple

from durable_engine.errors import DurableWarning, QueryInWorkflow
from durable_engine.runtime.context import Run, current_run
from durable_engine.store.interception import Execute

_SHOWN_CHARACTERS = 200

# They read nothing, and refusing one would leave Django's `atomic()` half-open. On
# PostgreSQL the driver sends the first by itself, unseen.
_CONTROL = ("BEGIN", "SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ")


class _Place(NamedTuple):
    path: str
    line: int


def check_statement(
    execute: Execute, sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Send a statement, unless a workflow's body sends it and may not.

    Raises:
        QueryInWorkflow: the guard of the workflow says `raise`.
    """
    run = current_run()
    # Closed: a task that the body started goes on after its workflow has ended.
    if run is not None and not run.closed:
        _judge(run, sql)
    return execute(sql, params, many, context)


def _judge(run: Run, sql: object) -> None:
    guard = run.registration.guard or run.engine.settings.guard
    statement = sql if isinstance(sql, str) else str(sql)
    if guard == "off" or statement.startswith(_CONTROL):
        return
    place = _place_in_body(run)
    error = QueryInWorkflow(
        statement=_shortened(statement), location=f"{place.path}:{place.line}"
    )
    if guard == "raise":
        raise error
    _warn_once(run, place, error)


def _warn_once(run: Run, place: _Place, error: QueryInWorkflow) -> None:
    seen = (run.registration.name, *place)
    with run.engine.runs_lock:
        if seen in run.engine.warned:
            return
        run.engine.warned.add(seen)
    warnings.warn_explicit(
        str(error),
        DurableWarning,
        filename=place.path,
        lineno=place.line,
        module=run.registration.function.__module__,
    )


def _shortened(statement: str) -> str:
    text = " ".join(statement.split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _place_in_body(run: Run) -> _Place:
    """Return the line of the workflow's source from which the query came."""
    body = getattr(inspect.unwrap(run.registration.function), "__code__", None)
    if body is None:  # some callable object: the line that called Django is near
        return _Place(run.registration.name, 0)
    line = _line_on_stack(body) or _line_of_coroutine(run, body) or body.co_firstlineno
    return _Place(body.co_filename, line)


def _line_on_stack(body: CodeType) -> int | None:
    frame = sys._getframe(1)  # noqa: SLF001 - inspect's twin builds every frame's text
    while frame is not None:
        if _within(frame.f_code, body):
            return frame.f_lineno
        if frame.f_back is None:
            break
        frame = frame.f_back
    return None


def _line_of_coroutine(run: Run, body: CodeType) -> int | None:
    """Return where a coroutine stands whose query runs in another thread."""
    line = None
    awaited: Any = run.coroutine
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None)
        if frame is not None and _within(frame.f_code, body):
            line = frame.f_lineno
        awaited = getattr(awaited, "cr_await", None)
    return line


def _within(code: CodeType, body: CodeType) -> bool:
    """Whether code is that of the body, or of a function that the body defines."""
    if code is body:
        return True
    inner = f"{body.co_qualname}.<locals>."
    return code.co_filename == body.co_filename and code.co_qualname.startswith(inner)
