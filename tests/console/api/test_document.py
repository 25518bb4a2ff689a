"""The API's own description: valid, complete, and true of every operation."""

from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import durable_engine as durable
from console.headers import CONTENT_SECURITY_POLICY
from durable_engine.states import WorkflowState
from tests.console import rows
from tests.console.api.conftest import ROOT, Program
from tests.support.databases import on_postgresql, on_sqlite

EXAMPLES = 3  # of each kind; some hundred requests in all
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
RESOURCES = {
    "delete get /workflows/{workflow_id}",
    "get /executors",
    "get /feed",
    "get /health",
    "get /metrics",
    "get /queues",
    "get /schedules",
    "get /versions",
    "get /workflows/{workflow_id}/children",
    "get /workflows/{workflow_id}/events",
    "get /workflows/{workflow_id}/steps",
    "get /workflows/{workflow_id}/streams/{key}",
    "get post /workflows",
    "get post /workflows/{workflow_id}/messages",
    "patch /queues/{name}",
    "post /queues/{name}/pause",
    "post /queues/{name}/resume",
    "post /schedules/{name}/backfill",
    "post /schedules/{name}/pause",
    "post /schedules/{name}/resume",
    "post /schedules/{name}/trigger",
    "post /workflows/bulk",
    "post /workflows/{workflow_id}/cancel",
    "post /workflows/{workflow_id}/fork",
    "post /workflows/{workflow_id}/restart",
    "post /workflows/{workflow_id}/resume",
    "post /workflows/{workflow_id}/retry",
}


@durable.workflow(name="api.fuzzed")
def fuzzed(scheduled_at: object = None, context: object = None) -> None:
    del scheduled_at, context


@pytest.fixture
def document(engine_database: str) -> dict[str, Any]:
    del engine_database
    answer: dict[str, Any] = Client().get(f"{ROOT}openapi.json").json()
    return answer


@on_sqlite
def test_document_is_valid_and_complete(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    paths = document["paths"]
    assert {f"{' '.join(sorted(paths[one]))} {one}" for one in paths} == RESOURCES
    ids = [one["operationId"] for path in paths.values() for one in path.values()]
    assert len(set(ids)) == len(ids)
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            assert {"422", "500", "503"} <= set(operation["responses"])


@on_sqlite
def test_schemas_name_what_is_known(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    statuses = {"type": "string", "enum": [str(one) for one in WorkflowState]}
    assert schemas["WorkflowItem"]["properties"]["status"].items() >= statuses.items()
    asked = document["paths"]["/workflows"]["get"]["parameters"]
    kinds = {one["name"]: one["schema"] for one in asked}
    assert kinds["status"]["items"] == statuses
    assert kinds["start_time"]["format"] == "date-time"
    ends = schemas["BackfillBody"]["properties"]
    assert ends["start"]["format"] == ends["end"]["format"] == "date-time"


@on_sqlite
def test_docs_page_needs_nothing_from_elsewhere(engine_database: str) -> None:
    del engine_database
    page = Client().get(f"{ROOT}docs")
    html = page.content.decode()
    assert page["Content-Security-Policy"] == CONTENT_SECURITY_POLICY.replace(
        "img-src", "img-src data:"
    )
    assert "https://" not in html
    assert "<script>" not in html
    for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
        assert f"{ROOT}docs/{name}" in html
        assert len(Client().get(f"{ROOT}docs/{name}").content) > 100_000
    assert Client().get(f"{ROOT}docs/swagger-ui-init.js").status_code == 404


@on_postgresql  # the stricter of the two about values
def test_no_operation_answers_what_is_not_described(everything: Program) -> None:
    User.objects.update(is_superuser=True)
    for name in ("order-1", "order-2"):
        rows.workflow(name, "PENDING")
        rows.step(name, 1)
    durable.create_schedule(
        schedule_name="nightly", workflow_fn=fuzzed, schedule="0 8 * * *"
    )
    path = f"{ROOT}openapi.json"
    schema = schemathesis.openapi.from_wsgi(path, get_wsgi_application())
    headers = {**everything.headers}
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path == "/feed":
            continue  # it does not end
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            tried += 1

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=EXAMPLES,
                derandomize=True,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            )
            def run(case: Any) -> None:
                if case.query and "wait" in case.query:
                    case.query["wait"] = 0
                response = case.call(headers=headers)
                case.validate_response(response, checks=CHECKS)

            run()
    assert tried > 50
