"""How workflow ids are written in addresses, and pieces of pages in selectors.

Every id that the engine accepts (1 to 255 printable characters, `/`, `..` and `%`
included) is written with characters that browsers, proxies and servers leave alone:
letters, digits, `-`, `_`, `:`, `@`, `.` and, for everything else, `~XX` per byte of
UTF-8. Percent-encoding would not do: servers decode `%2F` before they route, and
browsers take `%2E%2E` for the parent directory.

Called by the pages, the sockets and the JSON API. Knows no database.
"""

import re
from hashlib import blake2s
from string import ascii_letters, digits

_PLAIN = frozenset(ascii_letters + digits + "-_:@.")
_ESCAPED = re.compile(r"(?:~[0-9A-Fa-f]{2})+")


def escape(workflow_id: str) -> str:
    """Write an id as one segment of a path; the inverse of `unescape`."""
    written = "".join(
        letter
        if letter in _PLAIN
        else "".join(f"~{byte:02X}" for byte in letter.encode())
        for letter in workflow_id
    )
    # A segment of dots alone would mean a directory.
    return f"~2E{written[1:]}" if written.startswith(".") else written


def unescape(segment: str) -> str:
    """Read what `escape` wrote; other text is taken as it is, as people type it."""
    return _ESCAPED.sub(_decoded, segment)


def _decoded(match: re.Match[str]) -> str:
    try:
        return bytes.fromhex(match[0].replace("~", "")).decode()
    except UnicodeDecodeError:
        return match[0]


def slot(key: str) -> str:
    """Return a short name of a live piece that any CSS selector can hold as it is."""
    return blake2s(key.encode(), digest_size=8).hexdigest()


class WorkflowIdConverter:
    """Reads and writes workflow ids in Django's URL patterns."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """Read an id from a path that the server has percent-decoded."""
        return unescape(value)

    def to_url(self, value: str) -> str:
        """Write an id into a path."""
        return escape(value)


class KeyConverter(WorkflowIdConverter):
    """Reads and writes any key that the engine accepts: an id, a name, a stream."""


class LongKeyConverter(WorkflowIdConverter):
    """Reads ids with slashes in them, from paths that were percent-encoded."""

    regex = ".+"


class OutcomeConverter:
    """Reads and writes which outcome of a step is meant."""

    regex = "output|error"

    def to_python(self, value: str) -> str:
        """Read the kind as it is."""
        return value

    def to_url(self, value: str) -> str:
        """Write the kind as it is."""
        return str(value)


class PayloadConverter(OutcomeConverter):
    """Reads and writes which payload of a workflow is meant."""

    regex = "inputs|output|error"
