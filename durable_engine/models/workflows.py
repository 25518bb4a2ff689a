"""The workflow table: one row a workflow, from start to retention."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from durable_engine.models.fields import EngineManager, KeyField
from durable_engine.states import WorkflowState

_UNSUCCESSFUL = [
    WorkflowState.ERROR,
    WorkflowState.CANCELLED,
    WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED,
]
_FAILED = [WorkflowState.ERROR, WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED]
_ACTIVE = [WorkflowState.ENQUEUED, WorkflowState.DELAYED, WorkflowState.PENDING]


class Workflow(models.Model):
    """One workflow. Instants come from the database's clock."""

    id = KeyField(primary_key=True)
    name = KeyField()
    status = KeyField(
        max_length=32, choices=[(state.value, state.value) for state in WorkflowState]
    )
    inputs = models.TextField()
    output = models.TextField(null=True)  # noqa: DJ001 - null: no output yet
    error = models.TextField(null=True)  # noqa: DJ001 - null: did not fail

    queue_name = KeyField(null=True)
    priority = models.IntegerField(default=0)
    queue_partition_key = KeyField(null=True)
    deduplication_id = KeyField(null=True)
    # Set by the claim of a queue with limits: see `durable_engine.records.Place`.
    place = models.SmallIntegerField(default=0, db_default=0)

    app_version = KeyField(default="", blank=True)
    executor_id = KeyField(null=True)
    epoch = models.IntegerField(default=0)
    recovery_attempts = models.IntegerField(default=0)
    # The executors that it was taken over from, one a line, the newest last.
    lost_executors = models.TextField(null=True)  # noqa: DJ001 - null: none

    parent_workflow_id = KeyField(null=True)
    parent_position = models.IntegerField(null=True)
    forked_from = KeyField(null=True)
    random_seed = KeyField(null=True)
    schedule_name = KeyField(null=True)
    subject_type = KeyField(null=True)
    subject_id = KeyField(null=True)
    attributes = models.JSONField(null=True)
    started_by = KeyField(null=True)
    # W3C trace context of whoever started it, where tracing is on.
    trace_context = models.TextField(null=True)  # noqa: DJ001 - null: not traced

    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    deadline = models.DateTimeField(null=True)
    timeout_seconds = models.FloatField(null=True)
    delay_until = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    waiting_on = KeyField(null=True)

    objects = EngineManager()

    class Meta:
        verbose_name = _("workflow")
        verbose_name_plural = _("workflows")
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("view_payload", "Can see inputs, outputs, errors, events and messages"),
            ("start_workflow", "Can start workflows"),
            ("cancel_workflow", "Can cancel workflows"),
            ("resume_workflow", "Can resume workflows"),
            ("fork_workflow", "Can restart, fork and retry workflows"),
            ("delete_workflow", "Can delete workflows"),
            ("send_message", "Can send messages to workflows"),
            ("manage_queue", "Can pause, resume and limit queues"),
            ("manage_schedule", "Can pause, resume, trigger and backfill schedules"),
        ]
        indexes: ClassVar = [
            # Served statements are named in `store/sql`; see the header of each.
            models.Index(
                fields=["queue_name", "app_version", "priority", "created_at"],
                name="durable_wf_claim",
                condition=Q(status=WorkflowState.ENQUEUED),
            ),
            models.Index(
                fields=["app_version", "wake_at"],
                name="durable_wf_due",
                condition=Q(
                    status=WorkflowState.PENDING, executor_id__isnull=True, place=0
                ),
            ),
            # The next three cost nothing but to queues with limits, or partitions.
            models.Index(
                fields=["queue_name", "queue_partition_key"],
                name="durable_wf_placed",
                condition=Q(status=WorkflowState.PENDING)
                & (Q(place=1) | Q(place=2, executor_id__isnull=False)),
            ),
            models.Index(
                fields=["queue_name", "wake_at"],
                name="durable_wf_returning",
                condition=Q(
                    status=WorkflowState.PENDING, executor_id__isnull=True, place__gt=0
                ),
            ),
            models.Index(
                fields=[
                    "queue_name",
                    "queue_partition_key",
                    "app_version",
                    "priority",
                    "created_at",
                ],
                name="durable_wf_partition",
                condition=Q(
                    status=WorkflowState.ENQUEUED, queue_partition_key__isnull=False
                ),
            ),
            models.Index(
                fields=["executor_id"],
                name="durable_wf_owned",
                condition=Q(status=WorkflowState.PENDING, executor_id__isnull=False),
            ),
            models.Index(
                fields=["delay_until"],
                name="durable_wf_delayed",
                condition=Q(status=WorkflowState.DELAYED),
            ),
            models.Index(
                fields=["deadline"],
                name="durable_wf_deadline",
                condition=Q(status__in=_ACTIVE, deadline__isnull=False),
            ),
            models.Index(
                fields=["waiting_on"],
                name="durable_wf_waiting",
                condition=Q(waiting_on__isnull=False),
            ),
            models.Index(fields=["created_at", "id"], name="durable_wf_created"),
            # Costs nothing but to what fails.
            models.Index(
                fields=["completed_at", "id"],
                name="durable_wf_failed",
                condition=Q(status__in=_FAILED),
            ),
            # On PostgreSQL migration 0010 has durable_wf_kind in place of this one and
            # of durable_wf_unsuccessful, and durable_wf_executor, durable_wf_late and
            # durable_wf_attributes besides: see `inspection.finding`.
            models.Index(fields=["name", "created_at"], name="durable_wf_name"),
            # The rest costs nothing but to what it lists.
            models.Index(
                fields=["status", "created_at"],
                name="durable_wf_unsuccessful",
                condition=Q(status__in=_UNSUCCESSFUL),
            ),
            models.Index(
                fields=["schedule_name", "created_at"],
                name="durable_wf_scheduled",
                condition=Q(schedule_name__isnull=False),
            ),
            models.Index(
                fields=["forked_from"],
                name="durable_wf_forked",
                condition=Q(forked_from__isnull=False),
            ),
            models.Index(
                fields=["parent_workflow_id"],
                name="durable_wf_parent",
                condition=Q(parent_workflow_id__isnull=False),
            ),
            models.Index(
                fields=["subject_type", "subject_id", "created_at"],
                name="durable_wf_subject",
                condition=Q(subject_id__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["queue_name", "deduplication_id"],
                name="durable_wf_deduplication",
                condition=Q(status__in=_ACTIVE, deduplication_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"
