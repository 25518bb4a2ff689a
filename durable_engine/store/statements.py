"""Statements as files: `sql/<vendor>/<name>.sql`, or `sql/common/` where they agree.

Every file begins with `-- <name>` and says what it does, its parameters with
units, what it returns and the index that must serve it. Parameters are written
`:name`. On SQLite, where a statement cannot write to two tables, a file may hold
several statements divided by a line `-- then`; they run in order in one
transaction and the rows of the last one are the answer. There `:now` and `:now_epoch`,
when the statement was sent, are bound by the session, as is what `durable_instant` of a
parameter gives; a statement that returns nothing answers with an empty row for each
that it wrote.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

_COMMENT = re.compile(r"^\s*--.*\n?", re.MULTILINE)
_DIVIDER = re.compile(r"^-- then\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement in the words of one vendor; hashed by identity."""

    name: str
    parts: tuple[str, ...]


@cache
def load(vendor: str) -> dict[str, Statement]:
    """Return every statement of a vendor by name; vendor files win over common ones."""
    root = resources.files("durable_engine.store") / "sql"
    found = {}
    for room in ("common", vendor):
        for file in (root / room).iterdir():
            if file.name.endswith(".sql"):
                name = file.name.removesuffix(".sql")
                found[name] = Statement(name, _parts(file.read_text()))
    return found


def _parts(text: str) -> tuple[str, ...]:
    return tuple(_COMMENT.sub("", part).strip() for part in _DIVIDER.split(text))
