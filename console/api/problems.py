"""Errors as problem documents (RFC 9457), whatever raised them.

Nothing that a client has not said itself gets into a document but ids, names of
permissions and statuses: no traceback, no SQL, no path of a file.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from console.queries.patience import TooSlow
from durable_engine.errors import (
    ConflictingWorkflow,
    DatabaseUnavailable,
    DurableError,
    EngineStopped,
    NonExistentSchedule,
    NonExistentWorkflow,
    NotAuthorized,
    PayloadTooLarge,
    QueueDeduplicated,
    SerializationError,
    UnregisteredInstance,
    UnregisteredWorkflow,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_TYPES = "urn:durable-engine:problem:"
_AWAY = "The database does not answer. Ask again in a moment."
_SLOW = (
    "It would take too long to find what this asks for. Add a status, a name, or a span "
    "of time."
)
_BROKEN = "Something went wrong here; it is in the server's log."

_KINDS: dict[type[DurableError], tuple[int, str]] = {
    ConflictingWorkflow: (409, "id-in-use"),
    DatabaseUnavailable: (503, "no-database"),
    EngineStopped: (503, "stopping"),
    NonExistentSchedule: (404, "unknown-schedule"),
    NonExistentWorkflow: (404, "unknown-workflow"),
    NotAuthorized: (403, "missing-permission"),
    PayloadTooLarge: (413, "too-large"),
    QueueDeduplicated: (409, "deduplicated"),
    SerializationError: (422, "not-storable"),
    UnregisteredInstance: (422, "unregistered-workflow"),
    UnregisteredWorkflow: (422, "unregistered-workflow"),
}


class Problem(Exception):  # noqa: N818 - the word of the RFC
    """Why there is no other answer.

    Args:
        status: the HTTP status.
        detail: what happened and what to do, for people.
        kind: a stable name for programs; "": the status says it all.
        headers: of the response.
        more: further members of the document.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.headers = dict(headers or {})
        self.more = more

    def response(self, request: HttpRequest) -> HttpResponse:
        """Write the document."""
        phrase = HTTPStatus(self.status).phrase
        title = self.kind.replace("-", " ").capitalize() if self.kind else phrase
        document = {
            "type": f"{_TYPES}{self.kind}" if self.kind else "about:blank",
            "title": title,
            "status": self.status,
            "detail": self.detail,
            "instance": request.path,
            **self.more,
        }
        content = orjson.dumps(document)
        return HttpResponse(
            content,
            status=self.status,
            content_type=MEDIA_TYPE,
            headers=self.headers,
        )


@contextmanager
def understood() -> Iterator[None]:
    """Blame values that the engine refuses on who sent them: 422.

    Only around calls whose values come from the request.
    """
    try:
        yield
    except DurableError:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        raise Problem(422, str(error), kind="invalid-value") from error
    except DataError as error:
        # In words of the database, which are not for everybody.
        detail = "A value is out of the range that the database can hold."
        raise Problem(422, detail, kind="invalid-value") from error


def problem_of(error: Exception) -> Problem:
    """Tell what a client is to know of any error."""
    match error:
        case Problem():
            found = error
        case DurableError():
            found = _durable(error)
        case ValidationError():
            found = _invalid(error)
        case HttpError(__cause__=RecursionError()):
            found = Problem(
                422, "The body is nested too deeply.", kind="invalid-request"
            )
        case HttpError():
            found = Problem(error.status_code, str(error))
        case Http404():
            found = Problem(404, "There is nothing at this address.")
        case SuspiciousOperation():  # Django's own bounds, such as of parameters
            found = Problem(400, "The request is larger or odder than this site takes.")
        case TooSlow():
            found = Problem(503, _SLOW, kind="too-slow")
        case OperationalError() | InterfaceError():
            logger.error("The API had no database", exc_info=error)
            retry = {"Retry-After": "1"}
            found = Problem(503, _AWAY, kind="no-database", headers=retry)
        case _:
            found = Problem(500, _BROKEN)
    return found


def install(api: NinjaAPI) -> None:
    """Let an API answer with problems only."""

    def handle(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, error)

    for known in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(known, handle)


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer with the problem of an error; what is our fault is logged and signalled."""
    problem = problem_of(error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s %s", request.method, request.path, exc_info=error)
        # As Django does for every other page: monitors listen for it.
        got_request_exception.send(sender=None, request=request)
    return problem.response(request)


def _durable(error: DurableError) -> Problem:
    status, kind = _KINDS.get(type(error), (500, ""))
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem(status, _BROKEN)
    more: dict[str, Any] = {}
    if isinstance(error, QueueDeduplicated | ConflictingWorkflow | NonExistentWorkflow):
        more["workflow_id"] = error.workflow_id
    if isinstance(error, NotAuthorized):
        more["permission"] = error.action
    away = status == HTTPStatus.SERVICE_UNAVAILABLE
    headers = {"Retry-After": "1"} if away else None
    return Problem(status, str(error), kind=kind, headers=headers, **more)


def _invalid(error: ValidationError) -> Problem:
    errors = [_place(one) for one in error.errors]
    first = errors[0]
    detail = (
        f"{first.get('parameter') or first['pointer'] or 'body'}: {first['detail']}"
    )
    return Problem(422, detail, kind="invalid-request", errors=errors)


def _place(error: dict[str, Any]) -> dict[str, str]:
    """Say where something is wrong: a parameter, or a JSON pointer into the body."""
    source, *rest = error["loc"]
    message = str(error["msg"]).removeprefix("Value error, ")
    if source == "body":
        # The first part is the name of our view's argument.
        steps = [str(one).replace("~", "~0").replace("/", "~1") for one in rest[1:]]
        return {"detail": message, "pointer": "".join(f"/{one}" for one in steps)}
    # The last part may be the place in a list of values of one parameter.
    names = [one for one in rest if isinstance(one, str)]
    return {"detail": message, "parameter": names[-1] if names else str(source)}
