"""What users keep for themselves: views of the list, and how they like it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """A list of workflows under a name: its query string. Its user's alone."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(max_length=80)
    query = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "name"], name="durable_view_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Preference(models.Model):
    """One thing that a user prefers, such as the columns of a list."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    key = models.CharField(max_length=64)
    value = models.JSONField()

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="durable_preference"),
        ]

    def __str__(self) -> str:
        return self.key
