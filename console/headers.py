"""The security headers of the console's pages.

Set on every response of the console itself, whatever the host project does, and on
all pages of the bundled site by `console.middleware`.
"""

from django.http import HttpResponseBase

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def harden(response: HttpResponseBase) -> None:
    """Forbid the browser all that our pages do not need; keeps what is already set."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
