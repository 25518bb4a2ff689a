"""What an act came to, kept for the page that the browser is led to next.

Pages with scripts say it at once, as a toast. Without them a form is answered with a
redirect, so that a reload repeats nothing; what there is to say waits in the session
until a page of the console is shown.
"""

from dataclasses import asdict, dataclass

from django.http import HttpRequest

_KEY = "durable_console_said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One sentence about what was done."""

    text: str
    made: str = ""  # id of the workflow that came of it
    bad: bool = False


def leave(request: HttpRequest, said: Said) -> None:
    """Keep a sentence for the next page of this browser."""
    request.session[_KEY] = asdict(said)


def take(request: HttpRequest) -> Said | None:
    """Return what was left, once; None: nothing was."""
    session = getattr(request, "session", None)
    left = session.pop(_KEY, None) if session is not None else None
    return Said(**left) if left else None
