"""What unloaded workflows wait for, where that is more than one thing."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from durable_engine.models.fields import EngineManager, KeyField


class WaitingKey(models.Model):
    """Something that wakes an unloaded workflow, besides its `waiting_on`."""

    pk = models.CompositePrimaryKey("key", "workflow_id")
    key = KeyField()
    workflow_id = KeyField()

    objects = EngineManager()

    class Meta:
        verbose_name = _("waiting key")
        verbose_name_plural = _("waiting keys")
        default_permissions = ()
        indexes = [models.Index(fields=["workflow_id"], name="durable_wait_workflow")]

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.key}"
