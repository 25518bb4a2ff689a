"""Which workflows: the filters of `list_workflows`, in a query string or in a body."""

import re
from typing import Any

import orjson
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from pydantic import BaseModel, Field

from console.api.callers import Caller
from console.api.fields import (
    MOST_VALUES,
    Attributes,
    Body,
    Instant,
    Status,
    Text,
    storable,
)
from console.api.paging import Paging
from console.api.problems import Problem
from console.permissions import Permission

_INSTANTS = ("start_time", "end_time", "completed_after", "completed_before")
_BLANK_MEANS_ALL = ("cursor", "search", "subject")
_LOST_PLUS = re.compile(r" (?=\d\d:?\d\d$)")  # "+" in a query string means a blank

Some = list[Text]
OneOrSome = Text | Some | None
OneOrSomeStatuses = Status | list[Status] | None


def _some(text: str, *examples: str) -> Any:
    return Field(
        default_factory=list,
        max_length=MOST_VALUES,
        description=f"{text} Repeat it for several.",
        examples=list(examples) or None,
    )


def _instant(text: str) -> Any:
    description = f"{text} then, as ISO 8601 with an offset."
    return Field(None, description=description, examples=["2026-11-22T08:00:00Z"])


def _several(text: str) -> Any:
    return Field(None, description=f"{text} One, or a list.")


class WorkflowQuery(Paging):
    """The query string of a list of workflows."""

    workflow_ids: Some = _some("Ids.")
    status: list[Status] = _some("Statuses.", "ERROR")
    name: Some = _some("Registered names.")
    queue_name: Some = _some("Queues.")
    app_version: Some = _some("Versions of the application.")
    executor_id: Some = _some("Processes that run them now.")
    start_time: Instant | None = _instant("Created at or after")
    end_time: Instant | None = _instant("Created at or before")
    completed_after: Instant | None = _instant("Ended, in any way, at or after")
    completed_before: Instant | None = _instant("Ended, in any way, at or before")
    parent_workflow_id: Some = _some("Parents.")
    forked_from: Some = _some("Origins of forks.")
    workflow_id_prefix: Some = _some("How ids begin.")
    attributes: Text | None = Field(
        None,
        description="A JSON object that the attributes contain; needs view_payload.",
        examples=['{"customer": 7}'],
    )
    subject: Text | None = Field(
        None, description="What they belong to, as app.model:key."
    )
    search: Text | None = Field(
        None,
        description="A part of id or name, in any case; with view_payload also of the "
        "inputs of the newest 100,000.",
    )
    schedule_name: Some = _some("Schedules that started them.")
    queues_only: bool = Field(False, description="Only what was enqueued.")
    sort_desc: bool = Field(True, description="Newest first.")
    load_input: bool = Field(False, description="With inputs.")
    load_output: bool = Field(False, description="With outputs and errors.")

    def arguments(self, caller: Caller) -> dict[str, Any]:
        """Return the arguments of `list_workflows`.

        Raises:
            NotAuthorized: a filter would tell what the caller may not see.
            Problem: 422, a filter is not valid.
        ValueError: the same.
        """
        given = self.model_dump()
        for name in _BLANK_MEANS_ALL:
            given[name] = given[name] or None
        text = given["attributes"]
        given["attributes"] = None if text is None else _json_object(text)
        return _arguments(given, caller)


class WorkflowFilter(Body):
    """Which workflows a bulk action is for; at least one filter."""

    workflow_ids: OneOrSome = _several("Ids.")
    status: OneOrSomeStatuses = _several("Statuses.")
    name: OneOrSome = _several("Registered names.")
    queue_name: OneOrSome = _several("Queues.")
    app_version: OneOrSome = _several("Versions of the application.")
    executor_id: OneOrSome = _several("Processes that run them now.")
    start_time: Instant | None = _instant("Created at or after")
    end_time: Instant | None = _instant("Created at or before")
    completed_after: Instant | None = _instant("Ended, in any way, at or after")
    completed_before: Instant | None = _instant("Ended, in any way, at or before")
    parent_workflow_id: OneOrSome = _several("Parents.")
    forked_from: OneOrSome = _several("Origins of forks.")
    workflow_id_prefix: OneOrSome = _several("How ids begin.")
    attributes: Attributes | None = Field(
        None, description="What the attributes contain; needs view_payload."
    )
    subject: Text | None = Field(
        None, description="What they belong to, as app.model:key."
    )
    search: Text | None = Field(
        None, description="A part of id or name; with view_payload also of inputs."
    )
    schedule_name: OneOrSome = _several("Schedules that started them.")
    queues_only: bool | None = Field(None, description="Only what was enqueued.")

    def arguments(self, caller: Caller) -> dict[str, Any]:
        """Return the arguments of `list_workflows`; see `WorkflowQuery.arguments`."""
        given = self.model_dump()
        for name, value in given.items():
            if value == "" or (isinstance(value, list) and "" in value):
                # Such as of a variable that a script forgot to set.
                detail = f"filter: {name} is empty; leave it out, or say what you mean."
                raise Problem(422, detail, kind="invalid-value")
        found = _arguments(given, caller)
        if set(found) <= {"search_inputs"}:
            detail = "An empty filter would mean every workflow: name what you mean."
            raise Problem(422, detail, kind="invalid-value")
        return found


def refuse_unknown(request: HttpRequest, query: type[BaseModel]) -> None:
    """Refuse parameters that mean nothing: a misspelt filter would find too much.

    Raises:
        Problem: 422, there is one.
    """
    for name in request.GET:
        if name not in query.model_fields:
            known = ", ".join(query.model_fields)
            detail = f"There is no parameter {name[:80]!r}; there are: {known}."
            errors = [{"detail": "unknown", "parameter": name[:80]}]
            raise Problem(422, detail, kind="invalid-request", errors=errors)


def _arguments(given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    found = {key: value for key, value in given.items() if value not in (None, [])}
    if "attributes" in found:
        caller.require(Permission.VIEW_PAYLOAD)
    if "search" in found:
        found["search_inputs"] = caller.may(Permission.VIEW_PAYLOAD)
    if "subject" in found:
        found["subject"] = _subject(found["subject"])
    for name in _INSTANTS:
        if name in found:
            found[name] = _LOST_PLUS.sub("+", found[name])
    return found


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        detail = f"attributes must be a JSON object: {error}"
        raise Problem(422, detail, kind="invalid-value") from error
    if not isinstance(value, dict):
        detail = f"attributes must be a JSON object, not {text[:80]!r}"
        raise Problem(422, detail, kind="invalid-value")
    try:
        return storable(value)
    except ValueError as error:
        raise Problem(422, f"attributes {error}", kind="invalid-value") from error


def _subject(text: str) -> Model:
    label, _, key = text.partition(":")
    try:
        kind = apps.get_model(label)
        found: Model = kind(pk=kind._meta.pk.to_python(key))  # noqa: SLF001 - Django's
    except (LookupError, ValueError, ValidationError) as error:
        detail = f"subject must name an object as app.model:key, not {text[:80]!r}"
        raise Problem(422, detail, kind="invalid-value") from error
    return found
