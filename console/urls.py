"""Addresses of the console, to be included under any mount point."""

from django.urls import path, register_converter

from console.addresses import OutcomeConverter, PayloadConverter, WorkflowIdConverter
from console.views import acting, live, overview, workflow, workflows

register_converter(WorkflowIdConverter, "durable_workflow_id")
register_converter(PayloadConverter, "durable_payload")
register_converter(OutcomeConverter, "durable_outcome")

_WORKFLOW = "workflows/<durable_workflow_id:workflow_id>/"

app_name = "durable_console"
urlpatterns = [
    path("", overview.overview, name="index"),
    path("live/", live.live, name="live"),
    path("workflows/", workflows.workflow_list, name="workflows"),
    path(_WORKFLOW, workflow.workflow_detail, name="workflow"),
    path(f"{_WORKFLOW}cancel/", acting.cancel, name="cancel"),
    path(f"{_WORKFLOW}resume/", acting.resume, name="resume"),
    path(f"{_WORKFLOW}<durable_payload:kind>/", workflow.payload, name="payload"),
    path(
        f"{_WORKFLOW}steps/<int:position>/<durable_outcome:kind>/",
        workflow.step_payload,
        name="step_payload",
    ),
    # Last: an id with slashes in it, as somebody typed it.
    path("workflows/<path:raw_id>/", workflow.workflow_by_raw_id),
]
