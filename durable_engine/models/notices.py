"""Hints between processes on databases without NOTIFY."""

from django.db import models

from durable_engine.models.fields import EngineManager


class Notice(models.Model):
    """One hint; old ones are trimmed. Losing any costs latency only (I5)."""

    id = models.BigAutoField(primary_key=True)
    payload = models.TextField()

    objects = EngineManager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"#{self.id}"
