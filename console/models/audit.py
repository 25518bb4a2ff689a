"""What people did to workflows, queues and schedules, or tried to."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One act or refused attempt. Written once, never changed.

    Names are kept as text: an entry outlives the user and the workflow it names.
    """

    class Outcome(models.TextChoices):
        """What came of it."""

        DONE = "done", _("Done")
        UNCHANGED = "unchanged", _("Nothing to change")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.CharField(max_length=255, blank=True)
    via = models.CharField(max_length=16)  # console, api, command or admin
    address = models.GenericIPAddressField(null=True)
    action = models.CharField(max_length=64)
    target_type = models.CharField(max_length=16)
    target_id = models.CharField(max_length=255)
    reason = models.TextField(blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    detail = models.TextField(blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        default_permissions = ()
        permissions: ClassVar = [("view_audit", "Can see the audit trail")]
        indexes: ClassVar = [
            models.Index(fields=["at", "id"], name="durable_au_at"),
            models.Index(
                fields=["target_type", "target_id", "at"], name="durable_au_target"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.target_id}: {self.outcome}"
