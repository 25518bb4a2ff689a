"""One look at what is wrong, by whoever has the duty, and telling of it.

Called by the alerting of a worker, and by `manage.py durable_alerts`. One process has
the duty at a time, by a row with a lease. What was told is written down before it is
told: a process that dies in between loses an alert, nobody gets one twice.
"""

import logging

from django.utils.module_loading import import_string

from durable_engine.records.alerts import Alert, AlertRow, Trouble
from durable_engine.runtime.announcer import Announcement
from durable_engine.runtime.context import outside_workflow
from durable_engine.runtime.engine import Engine
from durable_engine.signals import alert_raised
from durable_engine.store import alerts, statistics
from durable_engine.store.alerts import Duty
from durable_engine.store.session import KeptSession, Session, recycle_connections
from durable_engine.thresholds import AlertSettings
from durable_engine.worker import troubles
from durable_engine.worker.judgement import Judgement, judge

logger = logging.getLogger(__name__)

_DUTY = "alerts"
_MOST_FAILURES = 1_000
_OVERLAP_SECONDS = 30.0
"""How long a failure may take to be committed after its time of end was taken."""


class Watch:
    """Looks, decides and tells; keeps a connection between looks until `close`.

    Args:
        engine: of this process.
        settings: what is trouble.
        holder: who has the duty, in the database.
    """

    def __init__(self, engine: Engine, settings: AlertSettings, holder: str) -> None:
        self._engine = engine
        self._holder = holder
        self._settings = settings
        self._session = KeptSession(engine.store, "alerts")
        self._watching_from: float | None = None  # since this process has the duty
        self._told: dict[str, float] = {}  # failures looked at, by id: end
        # A missed look or two must not move the duty, nor a slow hook.
        self.lease_seconds = max(settings.every_seconds * 3, 60.0)

    def look(self) -> list[Alert] | None:
        """Look once, tell of what is new and return it; None: it is another's duty."""
        duty = self._session.run(
            lambda session: alerts.take_duty(
                session, _DUTY, self._holder, self.lease_seconds
            )
        )
        if duty is None:
            self._watching_from = None
            return None
        judgement = self._judge(duty)
        written = self._session.run(
            lambda session: alerts.record(
                session,
                _DUTY,
                self._holder,
                done_until=duty.now,
                rows=judgement.rows,
            )
        )
        if not written:
            self._watching_from = None
            return None
        self._session.run(
            lambda session: alerts.forget(session, self._settings.cool_down_seconds)
        )
        for alert in judgement.alerts:
            self._tell(alert)
        return judgement.alerts

    def _judge(self, duty: Duty) -> Judgement:
        def read(
            session: Session,
        ) -> tuple[list[Trouble], list[AlertRow]]:
            found = troubles.found(session, self._settings, duty.now)
            return found, alerts.read(session)

        present, remembered = self._session.run(read, writes=False)
        return judge(
            present,
            troubles.failures(self._failed(duty)),
            remembered,
            now=duty.now,
            cool_down_seconds=self._settings.cool_down_seconds,
        )

    def _failed(self, duty: Duty) -> list[troubles.Failed]:
        """Return the failures that no look has seen, newest first."""
        if self._watching_from is None:
            # What failed before anybody watched is no news.
            begin = duty.done_until if duty.done_until is not None else duty.now
            self._watching_from, self._told = begin, {}
        if not self._settings.workflow_failed:
            return []
        since = max(self._watching_from, (duty.done_until or 0.0) - _OVERLAP_SECONDS)
        found = self._session.run(
            lambda session: statistics.failures_newest(session, since, _MOST_FAILURES),
            writes=False,
        )
        fresh = [one for one in found if one[0] not in self._told]
        self._told = {one[0]: one[2] for one in found}
        return fresh

    def _tell(self, alert: Alert) -> None:
        """Log an alert, send the signal and call the hook; no error leaves this."""
        logger.warning("alert: %s", alert.message, extra={"alert": alert.kind.value})
        recycle_connections()
        try:
            said = {"alert": alert}
            Announcement(alert_raised, type(self._engine), said).block()
            if self._settings.hook is not None:
                with outside_workflow():
                    import_string(self._settings.hook)(alert)
        except Exception:
            logger.exception("the hook of alerts failed: %s", self._settings.hook)
        finally:
            recycle_connections()

    def leave(self) -> None:
        """Give the duty up, if this process has it, and close the connection."""
        if self._watching_from is not None:
            self._watching_from = None
            self._session.run(
                lambda session: alerts.leave_duty(session, _DUTY, self._holder)
            )
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
