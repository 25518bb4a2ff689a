"""What watches the engine: counters of all processes, and the state of alerts."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from durable_engine.models.fields import EngineManager, KeyField


class Tally(models.Model):
    """A counter that only grows: processes add what they counted since their last beat.

    `metric` is what is counted, `name` whose (a workflow, a queue), `label` which part
    (a status, the upper bound of a bucket). Rows are few: one a combination.
    """

    id = models.BigAutoField(primary_key=True)
    metric = KeyField(max_length=64)
    name = KeyField(default="", blank=True)
    label = KeyField(max_length=64, default="", blank=True)
    value = models.FloatField()
    updated_at = models.DateTimeField()

    objects = EngineManager()

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["metric", "name", "label"], name="durable_tally_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.name} {self.label}".strip()


class Duty(models.Model):
    """Something that one process at a time does, and how far it has got."""

    name = KeyField(primary_key=True)
    executor_id = KeyField()
    lease_expires_at = models.DateTimeField()
    done_until = models.DateTimeField(null=True)

    objects = EngineManager()

    class Meta:
        verbose_name = _("duty")
        verbose_name_plural = _("duties")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} by {self.executor_id}"


class AlertState(models.Model):
    """What is known of one trouble: since when, and whether somebody was told."""

    id = models.BigAutoField(primary_key=True)
    kind = KeyField(max_length=32)
    subject = KeyField()
    since = models.DateTimeField(null=True)  # null: it is over
    raised = models.BooleanField(default=False)  # of this occurrence
    raised_at = models.DateTimeField(null=True)  # of any occurrence, for the cool-down
    pending = models.IntegerField(default=0)  # failures nobody was told of yet

    objects = EngineManager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject"], name="durable_alert_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
