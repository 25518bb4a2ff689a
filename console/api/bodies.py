"""What is read of a request's body: JSON, whole, or nothing."""

import json
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from ninja.parser import Parser

from console.api.problems import Problem

_NOT_JSON = "not-json"


def check_body(request: HttpRequest) -> None:
    """Refuse a body that is not JSON.

    Raises:
        Problem: 413, it is larger than the project takes; 415, it is not JSON.
    """
    try:
        body = request.body
    except RequestDataTooBig:
        detail = (
            "The body is larger than this site takes "
            "(Django's setting DATA_UPLOAD_MAX_MEMORY_SIZE)."
        )
        raise Problem(413, detail, kind="too-large") from None
    except UnreadablePostError:
        raise Problem(400, "The body ended too soon.") from None
    if _is_empty(request, body):
        return
    kind = request.content_type or ""
    if kind != "application/json" and not kind.endswith("+json"):
        detail = f"Send JSON, as Content-Type: application/json; not {kind[:100]!r}."
        raise Problem(415, detail, kind=_NOT_JSON)
    try:
        # Stricter than `json`: no lone surrogates, no infinity, bounded depth.
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if _is_json(body):
            raise Problem(422, f"{error}.", kind="invalid-request") from error
        raise Problem(415, f"The body is not JSON: {error}", kind=_NOT_JSON) from error


class JSONBodies(Parser):
    """Parses bodies that `check_body` let pass."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the body says, integers of any size exactly."""
        if _is_empty(request, request.body):
            return {}
        value: dict[str, Any] = json.loads(request.body)
        return value


def _is_json(body: bytes) -> bool:
    """Tell whether a refused body is JSON all the same, by its grammar."""
    try:
        json.loads(body, parse_int=str, parse_constant=_refuse_constant)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _refuse_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _is_empty(request: HttpRequest, body: bytes) -> bool:
    """Tell whether nothing was sent, also by a client that wraps it as a form."""
    if request.content_type == "multipart/form-data":
        boundary = (request.content_params or {}).get("boundary", "")
        return body.strip() == f"--{boundary}--".encode()
    return not body.strip()
