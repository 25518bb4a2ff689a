"""Addresses of the console, to be included under any mount point."""

from django.urls import include, path, register_converter

from console.addresses import OutcomeConverter, PayloadConverter, WorkflowIdConverter
from console.tables.acts import WORDS
from console.views import (
    acting,
    audit,
    bulk,
    executors,
    live,
    overview,
    preferences,
    queues,
    schedules,
    starting,
    tokens,
    versions,
    workflow,
    workflows,
)

register_converter(WorkflowIdConverter, "durable_workflow_id")
register_converter(PayloadConverter, "durable_payload")
register_converter(OutcomeConverter, "durable_outcome")

_QUEUE = "queues/<durable_workflow_id:name>/"
_SCHEDULE = "schedules/<durable_workflow_id:name>/"
_WORKFLOW = "workflows/<durable_workflow_id:workflow_id>/"

app_name = "durable_console"
urlpatterns = [
    path("", overview.overview, name="index"),
    path("api/", include("console.api.urls")),
    path("live/", live.live, name="live"),
    path("workflows/", workflows.workflow_list, name="workflows"),
    path(_WORKFLOW, workflow.workflow_detail, name="workflow"),
    *(
        path(f"{_WORKFLOW}{action}/", acting.act, {"action": action}, name=action)
        for action in WORDS
    ),
    path(f"{_WORKFLOW}send/", acting.send_message, name="send"),
    path("bulk/ask/", bulk.ask, name="bulk_ask"),
    path("bulk/act/", bulk.act, name="bulk_act"),
    path("preferences/", preferences.prefer, name="preferences"),
    path("columns/", preferences.choose_columns, name="choose_columns"),
    path("start/", starting.start_workflow, name="start"),
    path("views/", preferences.save_view, name="save_view"),
    path("views/<int:key>/rename/", preferences.rename_view, name="rename_view"),
    path("views/<int:key>/delete/", preferences.delete_view, name="delete_view"),
    path(f"{_WORKFLOW}<durable_payload:kind>/", workflow.payload, name="payload"),
    path(
        f"{_WORKFLOW}steps/<int:position>/<durable_outcome:kind>/",
        workflow.step_payload,
        name="step_payload",
    ),
    path("queues/", queues.queue_list, name="queues"),
    path(_QUEUE, queues.queue_detail, name="queue"),
    path(f"{_QUEUE}pause/", queues.pause, name="pause_queue"),
    path(f"{_QUEUE}resume/", queues.resume, name="resume_queue"),
    path("schedules/", schedules.schedule_list, name="schedules"),
    path(_SCHEDULE, schedules.schedule_detail, name="schedule"),
    path(f"{_SCHEDULE}pause/", schedules.pause, name="pause_schedule"),
    path(f"{_SCHEDULE}resume/", schedules.resume, name="resume_schedule"),
    path(f"{_SCHEDULE}trigger/", schedules.trigger, name="trigger_schedule"),
    path(f"{_SCHEDULE}backfill/", schedules.backfill, name="backfill_schedule"),
    path(
        f"{_SCHEDULE}backfill/preview/",
        schedules.preview_backfill,
        name="preview_backfill",
    ),
    path("executors/", executors.executor_list, name="executors"),
    path("versions/", versions.version_list, name="versions"),
    path(
        "versions/<durable_workflow_id:name>/resume/",
        versions.resume_stranded,
        name="resume_stranded",
    ),
    path("audit/", audit.audit, name="audit"),
    path("audit/fresh/", audit.fresh, name="audit_fresh"),
    path("audit/export/", audit.export, name="audit_export"),
    path("tokens/", tokens.token_list, name="tokens"),
    path("tokens/<int:token_id>/revoke/", tokens.revoke, name="revoke_token"),
    # Last: an id with slashes in it, as somebody typed it.
    path("workflows/<path:raw_id>/", workflow.workflow_by_raw_id),
]
