"""The API described: `openapi.json`, and a page that shows it and tries it.

The page is Swagger UI from the files that django-ninja brings, served from here: no
CDN, no inline script, and no entry in INSTALLED_APPS needed.
"""

from functools import cache
from importlib.resources import files
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.http import require_safe
from ninja import NinjaAPI

from console.api.callers import home_of
from console.api.plain import PlainJSON
from console.api.problems import MEDIA_TYPE
from console.headers import CONTENT_SECURITY_POLICY

_ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
_WRITES = ("post", "patch", "delete")
_EVERYWHERE = {
    400: "The request is larger or odder than this site takes, or ended too soon",
    401: "No token or session, or one that is not valid",
    403: "Without the permission, or a session without its CSRF token",
    422: "A parameter or a member of the body is not valid",
    429: "Too many requests, or too many that wait",
    500: "Something went wrong here",
    503: "The database does not answer, it would take too long, or this process stops",
}
_OF_ONE = {404: "There is none of that id or name"}
_OF_WRITES = {
    404: "There is none of that id or name",
    409: "The status, or another workflow, forbids it",
    413: "The body, or what would be stored of it, is too large",
    415: "The body is not JSON",
}
_SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token, as `Authorization: Bearer dur_…`.",
    },
    "session": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRFToken",
        "description": "A browser's session, with its CSRF token for what changes.",
    },
}
_PROBLEM = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {
            "type": "string",
            "description": "What kind of problem, for programs.",
            "examples": ["urn:durable-engine:problem:unknown-workflow"],
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, and what to do."},
        "instance": {"type": "string", "description": "The path that was asked."},
        "errors": {
            "type": "array",
            "description": "What is not valid: a parameter, or a JSON pointer into "
            "the body.",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "detail": {"type": "string"},
                    "parameter": {"type": "string"},
                    "pointer": {"type": "string"},
                },
            },
        },
        "workflow_id": {"type": "string"},
        "permission": {"type": "string"},
    },
}


@require_safe
def openapi(request: HttpRequest, api: NinjaAPI) -> HttpResponse:
    """Answer with the OpenAPI document of the API where it is mounted."""
    document = {**_document(api), "servers": [{"url": f"{home_of(request)}api"}]}
    content = PlainJSON().render(request, document, response_status=200)
    return HttpResponse(content, content_type="application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the page that shows the document."""
    context = {"home": home_of(request), "csrf_token": get_token(request)}
    response = render(request, "durable_console/api/docs.html", context)
    # Swagger's style sheet has its icons inside.
    policy = CONTENT_SECURITY_POLICY.replace("img-src", "img-src data:")
    response.headers["Content-Security-Policy"] = policy
    return response


@require_safe
def asset(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with a file of Swagger UI."""
    del request
    if name not in _ASSETS:
        raise Http404
    content = files("ninja").joinpath("static", "ninja", name).read_bytes()
    kind = f"{_ASSETS[name]}; charset=utf-8"
    headers = {"Cache-Control": "public, max-age=86400"}
    return HttpResponse(content, content_type=kind, headers=headers)


@cache
def _document(api: NinjaAPI) -> dict[str, Any]:
    document: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=""))
    document["components"]["securitySchemes"] = _SECURITY
    document["components"]["schemas"]["Problem"] = _PROBLEM
    document["security"] = [{"token": []}, {"session": []}]
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    document["components"]["responses"] = {
        f"Problem{status}": {"description": description, "content": content}
        for status, description in (_EVERYWHERE | _OF_ONE | _OF_WRITES).items()
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
    return document


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave null out of a parameter's types: no query string can say it."""
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**rest, **kinds[0]}


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Say what else an operation may answer, and how parameters are written."""
    problems = dict(_EVERYWHERE)
    if path == "/health":
        operation["security"] = []
        problems = {status: problems[status] for status in (400, 422, 500, 503)}
    problems |= _OF_ONE if "{" in path else {}
    problems |= _OF_WRITES if method in _WRITES else {}
    for status in problems:
        reference = {"$ref": f"#/components/responses/Problem{status}"}
        operation["responses"].setdefault(status, reference)
    for parameter in operation["parameters"]:
        parameter.pop("examples", None)  # a list belongs to the schema, where it is too
        parameter["schema"] = _without_null(parameter["schema"])
        if parameter["in"] == "path":
            parameter["schema"] |= {"minLength": 1, "maxLength": 765}
            parameter["description"] = (
                "As `links` write it: bytes of UTF-8 that are no letter, digit or one "
                "of - _ : @ . as ~XX; percent-encoding works too."
            )
