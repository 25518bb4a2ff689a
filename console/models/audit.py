"""What people did to workflows, queues and schedules, or tried to."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models.base import ModelBase
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class AppendOnlyError(TypeError):
    """Somebody tried to change or delete an entry of the audit trail."""

    def __init__(self, *, what: str) -> None:
        super().__init__(
            f"{what} is refused: entries of the audit trail are written once and "
            "stay as they are. To keep fewer, prune the table in the database itself."
        )


class EntryQuerySet(models.QuerySet["AuditEntry"]):
    """Entries, to be read and added."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse.

        Raises:
            AppendOnlyError: always.
        """
        del kwargs
        raise AppendOnlyError(what="AuditEntry.objects.update()")

    def bulk_update(
        self,
        objs: Iterable["AuditEntry"],
        fields: Iterable[str],
        batch_size: int | None = None,
    ) -> NoReturn:
        """Refuse.

        Raises:
            AppendOnlyError: always.
        """
        del objs, fields, batch_size
        raise AppendOnlyError(what="AuditEntry.objects.bulk_update()")

    def delete(self) -> NoReturn:
        """Refuse.

        Raises:
            AppendOnlyError: always.
        """
        raise AppendOnlyError(what="AuditEntry.objects.delete()")

    def bulk_create(
        self,
        objs: Iterable["AuditEntry"],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list["AuditEntry"]:
        """Add entries; none that exists is touched.

        Raises:
            AppendOnlyError: existing entries were to be updated.
        """
        if update_conflicts:
            raise AppendOnlyError(
                what="AuditEntry.objects.bulk_create(update_conflicts)"
            )
        del update_fields, unique_fields
        return super().bulk_create(objs, batch_size, ignore_conflicts)


class AuditEntry(models.Model):
    """One act or refused attempt. Written once, never changed or deleted here.

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

    objects = models.Manager.from_queryset(EntryQuerySet)()

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

    def save(
        self,
        *,
        force_insert: bool | tuple[ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Write a new entry.

        Raises:
            AppendOnlyError: it is written already.
        """
        if not self._state.adding or force_update or update_fields is not None:
            raise AppendOnlyError(what=f"Saving entry {self.pk} again")
        # Never an UPDATE, also where somebody chose the number of an entry.
        super().save(force_insert=True, using=using)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> NoReturn:
        """Refuse.

        Raises:
            AppendOnlyError: always.
        """
        del using, keep_parents
        raise AppendOnlyError(what=f"Deleting entry {self.pk}")
