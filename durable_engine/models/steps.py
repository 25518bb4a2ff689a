"""Recorded steps, and the checkpoints of transactions on other aliases."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from durable_engine.models.fields import EngineManager, KeyField


class Step(models.Model):
    """One position of a workflow.

    `completed_at` null: begun and waiting (a child, a message, a retry); `output`
    may then hold the instant until which it waits.
    """

    pk = models.CompositePrimaryKey("workflow_id", "position")
    workflow_id = KeyField()
    position = models.IntegerField()
    epoch = models.IntegerField()
    name = KeyField()
    output = models.TextField(null=True)  # noqa: DJ001 - null: no output
    error = models.TextField(null=True)  # noqa: DJ001 - null: did not fail
    child_workflow_id = KeyField(null=True)
    attempts = models.IntegerField(default=1)
    started_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    objects = EngineManager()

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.workflow_id}:{self.position} {self.name}"


class TransactionCheckpoint(models.Model):
    """Proof, in the database of a transaction step, that it committed.

    `created_at` is the workflow's: with the id it says which workflow, as an id that
    was deleted can be used again.
    """

    pk = models.CompositePrimaryKey("workflow_id", "position")
    workflow_id = KeyField()
    position = models.IntegerField()
    epoch = models.IntegerField()
    name = KeyField()
    output = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("transaction checkpoint")
        verbose_name_plural = _("transaction checkpoints")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.workflow_id}:{self.position} {self.name}"
