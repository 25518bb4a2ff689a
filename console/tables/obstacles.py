"""Why a workflow does not run, and what would help."""

import shlex
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One certain reason; there may be others that no table tells."""

    text: str
    command: str = ""  # that helps, to be typed


def no_worker() -> Obstacle:
    """Nobody is there to run anything."""
    text = _("No worker is running. It waits until one starts:")
    return Obstacle(text=text, command="python manage.py durable_worker")


def paused(queue: str) -> Obstacle:
    """Its queue gives nothing out."""
    return Obstacle(
        text=_("Its queue “%s” is paused: it waits until somebody resumes it.") % queue
    )


def undeclared(queue: str) -> Obstacle:
    """No worker's code has ever declared its queue."""
    text = _(
        "No worker's code declares its queue “%s”: declare it where workers import it, "
        "or start one that is told to serve it:"
    )
    command = f"python manage.py durable_worker --queues {shlex.quote(queue)}"
    return Obstacle(text=text % queue, command=command)


def full(queue: str, running: int) -> Obstacle:
    """Its queue runs as many as it may."""
    text = _("Its queue “%(queue)s” runs %(n)d, as many as it may: it waits its turn.")
    return Obstacle(text=text % {"queue": queue, "n": running})


def unserved(queue: str) -> Obstacle:
    """The workers that live were told to serve other queues."""
    text = _("Every worker was told to serve other queues than “%s”. Start one for it:")
    command = f"python manage.py durable_worker --queues {shlex.quote(queue)}"
    return Obstacle(text=text % queue, command=command)


def busy(workers: int) -> Obstacle:
    """Who could take it has no place free."""
    return Obstacle(
        text=ngettext(
            "The worker that could run it has no place free: it waits its turn.",
            "The %(n)d workers that could run it have no place free: it waits its turn.",
            workers,
        )
        % {"n": workers}
    )


def orphaned() -> Obstacle:
    """Its process is gone, and another can go on."""
    return Obstacle(
        text=_(
            "The process that ran it is gone: another takes it over when the lease of "
            "that one has ended."
        )
    )


def stranded(version: str) -> Obstacle:
    """Nobody runs its version of the application."""
    text = _(
        "No worker runs its version %s. Resume moves it to the current one; a worker "
        "of the old version would run it as it is."
    )
    return Obstacle(text=text % version)
