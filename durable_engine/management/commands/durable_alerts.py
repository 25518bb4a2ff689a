"""`manage.py durable_alerts`: look for trouble once, from outside the workers."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from durable_engine.runtime.engine import engine
from durable_engine.worker.watch import Watch


class Command(BaseCommand):
    """Looks once, and tells of what is new."""

    help = (
        "Look for trouble once and raise alerts of what is new, unless a worker does so "
        "already. For cron: workers raise their own alerts, but where none is left "
        "nobody else notices."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look; the exit status is 1 if an alert was raised."""
        del args, options
        host = engine()
        settings = host.settings.alerts
        if settings is None:
            message = "DURABLE_ENGINE['ALERTS'] is None: alerts are switched off."
            raise CommandError(message, returncode=2)
        watch = Watch(host, settings, f"{host.executor_id} command")
        try:
            raised = watch.look()
        finally:
            watch.leave()
        if raised is None:
            self.stdout.write("A worker watches.")
        elif raised:
            raise CommandError("\n".join(alert.message for alert in raised))
        else:
            self.stdout.write("No news.")
