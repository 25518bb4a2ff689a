"""What workflows tell each other and the world: events, messages, streams."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from durable_engine.models.fields import EngineManager, KeyField


class Event(models.Model):
    """The latest value of a key that a workflow published."""

    pk = models.CompositePrimaryKey("workflow_id", "key")
    workflow_id = KeyField()
    key = KeyField()
    value = models.TextField()
    position = models.IntegerField()
    updated_at = models.DateTimeField()

    objects = EngineManager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.key}"


class EventHistory(models.Model):
    """Every value of an event with its position; a fork restores from it."""

    pk = models.CompositePrimaryKey("workflow_id", "key", "position")
    workflow_id = KeyField()
    key = KeyField()
    position = models.IntegerField()
    value = models.TextField()
    created_at = models.DateTimeField()

    objects = EngineManager()

    class Meta:
        verbose_name = _("event value")
        verbose_name_plural = _("event values")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.key}:{self.position}"


class Message(models.Model):
    """A message to a workflow; `consumed_position` tells which recv took it."""

    id = models.BigAutoField(primary_key=True)
    workflow_id = KeyField()
    topic = KeyField(default="", blank=True)  # "": sent without a topic
    body = models.TextField()
    idempotency_key = models.TextField(null=True)  # noqa: DJ001 - null: no key
    sender_workflow_id = KeyField(null=True)
    created_at = models.DateTimeField()
    consumed_position = models.IntegerField(null=True)

    objects = EngineManager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(
                fields=["workflow_id", "topic", "id"],
                name="durable_msg_unread",
                condition=Q(consumed_position__isnull=True),
            ),
            models.Index(fields=["workflow_id", "id"], name="durable_msg_workflow"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workflow_id", "idempotency_key"],
                name="durable_msg_idempotency",
                condition=Q(idempotency_key__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workflow_id} #{self.id}"


class StreamEntry(models.Model):
    """One value of a stream; `closes` marks the end of the stream."""

    pk = models.CompositePrimaryKey("workflow_id", "key", "offset")
    workflow_id = KeyField()
    key = KeyField()
    offset = models.IntegerField()
    value = models.TextField(null=True)  # noqa: DJ001 - null: the closing mark
    closes = models.BooleanField(default=False)
    position = models.IntegerField()
    created_at = models.DateTimeField()

    objects = EngineManager()

    class Meta:
        verbose_name = _("stream entry")
        verbose_name_plural = _("stream entries")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.key}[{self.offset}]"
