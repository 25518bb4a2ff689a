"""Queues and schedules: what code declares and what operators override."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from durable_engine.models.fields import EngineManager, KeyField


class Queue(models.Model):
    """A queue: limits declared in code, overridden by operators, and its pause.

    `declared` and `overridden` hold the keys `concurrency`, `worker_concurrency`,
    `limiter`, `partition_concurrency` and, declared only, `priority_enabled`,
    `partition_queue`, `release_while_waiting`.
    """

    name = KeyField(primary_key=True)
    declared = models.JSONField(default=dict)
    overridden = models.JSONField(default=dict)
    paused = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = EngineManager()

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.name)


class QueueStart(models.Model):
    """Starts of a queue with a rate limit; kept for one period."""

    id = models.BigAutoField(primary_key=True)
    queue_name = KeyField()
    started_at = models.DateTimeField()
    starts = models.IntegerField()

    objects = EngineManager()

    class Meta:
        verbose_name = _("queue start")
        verbose_name_plural = _("queue starts")
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(fields=["queue_name", "started_at"], name="durable_qs_window"),
        ]

    def __str__(self) -> str:
        return f"{self.starts} of {self.queue_name}"


class Schedule(models.Model):
    """A cron schedule; `last_slot` is the newest tick that was started."""

    name = KeyField(primary_key=True)
    workflow_name = KeyField()
    expression = KeyField()
    timezone = KeyField(default="UTC")
    context = models.TextField(null=True)  # noqa: DJ001 - null: none given
    queue_name = KeyField(null=True)
    automatic_backfill = models.BooleanField(default=False)
    declared_in_code = models.BooleanField(default=False)
    paused = models.BooleanField(default=False)
    last_slot = models.DateTimeField(null=True)
    # Its creation, resumption or change of rhythm: ticks before are not missed.
    active_since = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = EngineManager()

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.name)
