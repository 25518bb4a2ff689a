"""Processes that run workflows, and the versions of the application they run."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from durable_engine.models.fields import EngineManager, KeyField


class Executor(models.Model):
    """A process that may own workflows while its lease has not ended.

    `host_key` names the boot of the host and the pid namespace, `process_key` the
    start of the process: together they let a neighbour see at once that it died. How
    many places it has, and how many are taken, is as of its last heartbeat.
    """

    id = KeyField(primary_key=True)
    hostname = KeyField()
    host_key = KeyField(default="")
    pid = models.IntegerField()
    process_key = KeyField(default="")
    kind = KeyField(max_length=16, default="worker")
    app_version = KeyField(default="", blank=True)
    draining = models.BooleanField(default=False)
    threads = models.IntegerField(default=0, db_default=0)
    threads_busy = models.IntegerField(default=0, db_default=0)
    coroutines = models.IntegerField(default=0, db_default=0)
    coroutines_busy = models.IntegerField(default=0, db_default=0)
    queues = models.JSONField(null=True)  # names; null: every queue of its code
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField()

    objects = EngineManager()

    class Meta:
        verbose_name = _("executor")
        verbose_name_plural = _("executors")
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(fields=["lease_expires_at"], name="durable_ex_lease"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ApplicationVersion(models.Model):
    """A version of the application that ever ran workflows here."""

    name = KeyField(primary_key=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    objects = EngineManager()

    class Meta:
        verbose_name = _("application version")
        verbose_name_plural = _("application versions")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.name)
