"""Every address of the console that is not of the API, with something to try it."""

import re
from collections.abc import Iterator

from django.urls import URLPattern
from django.urls.resolvers import get_resolver

_ARGUMENTS = {
    "workflow_id": "order-1",
    "kind": "output",
    "position": "1",
    "raw_id": "a/b",
    "name": "mail",
}


def pages() -> Iterator[tuple[str, URLPattern]]:
    """Give each address below `/durable/` with its pattern."""
    for pattern in get_resolver("console.urls").url_patterns:
        if isinstance(pattern, URLPattern):
            written = re.sub(
                r"<\w+:(\w+)>",
                lambda match: _ARGUMENTS.get(match[1], "1"),
                str(pattern.pattern),
            )
            yield f"/durable/{written}", pattern
