"""What is measured, for Prometheus: read from the database, for all processes at once.

Every scrape of any web process answers the same, so one of them is scraped. What is
read is bounded, whatever the size of the tables, and at most a second old.
"""

from collections.abc import Iterator

from django.http import HttpResponse
from ninja import Router
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder

from console.api.callers import ApiRequest
from console.api.families import families
from console.permissions import Permission
from console.queries.metrics import sample

router = Router(tags=["metrics"])

_TEXT = {"schema": {"type": "string"}}
_RESPONSES = {
    200: {
        "description": "Metrics, in the format that the header Accept prefers.",
        "content": {"text/plain": _TEXT, "application/openmetrics-text": _TEXT},
    }
}


class _Collector:
    """Reads when it is asked, not when it is made."""

    def collect(self) -> Iterator[Metric]:
        """Yield every family of metrics."""
        yield from families(sample())


@router.get("/metrics", operation_id="metrics", openapi_extra={"responses": _RESPONSES})
def metrics(request: ApiRequest) -> HttpResponse:
    """Return what is measured of all processes, for Prometheus."""
    request.auth.require(Permission.VIEW_WORKFLOW)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)
