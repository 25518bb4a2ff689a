"""The columns of the list of workflows, and which of them somebody wants to see.

Every row is written with all columns, so that live rows are the same for everybody;
the style sheet hides those that are not wanted.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ATTRIBUTES = "attributes"
"""The column that needs the permission to see payloads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its key in the query string and in class names, and its title."""

    key: str
    title: str | Promise
    fixed: bool = False  # always shown
    usual: bool = False  # shown unless somebody decides otherwise
    number: bool = False


COLUMNS = (
    Column(key="status", title=_("Status"), fixed=True),
    Column(key="name", title=_("Name"), usual=True),
    Column(key="id", title=_("Id"), fixed=True),
    Column(key="queue", title=_("Queue"), usual=True),
    Column(key="version", title=_("Version")),
    Column(key="executor", title=_("Executor")),
    Column(key="started-by", title=_("Started by")),
    Column(key=ATTRIBUTES, title=_("Attributes")),
    Column(key="created", title=_("Created"), usual=True),
    Column(key="started", title=_("Started")),
    Column(key="completed", title=_("Ended")),
    Column(key="duration", title=_("Duration"), usual=True, number=True),
)

_KNOWN = frozenset(column.key for column in COLUMNS)
_FIXED = frozenset(column.key for column in COLUMNS if column.fixed)
_USUAL = frozenset(column.key for column in COLUMNS if column.usual)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which columns are shown."""

    shown: frozenset[str]
    may_view_payload: bool

    @classmethod
    def of(cls, keys: Iterable[str] | None, *, may_view_payload: bool) -> "Choice":
        """Take the known ones among these keys; None: the usual columns."""
        wanted = _USUAL if keys is None else frozenset(keys) & _KNOWN
        hidden = frozenset() if may_view_payload else {ATTRIBUTES}
        return cls(shown=(wanted | _FIXED) - hidden, may_view_payload=may_view_payload)

    @property
    def sealed(self) -> bool:
        """Whether attributes are shown."""
        return ATTRIBUTES in self.shown

    @property
    def columns(self) -> list[Column]:
        """What the table has, in order."""
        return [column for column in COLUMNS if self._offered(column)]

    @property
    def options(self) -> list[tuple[Column, bool]]:
        """What can be chosen, each with whether it is shown."""
        some = (c for c in COLUMNS if not c.fixed and self._offered(c))
        return [(column, column.key in self.shown) for column in some]

    @property
    def classes(self) -> str:
        """Class names that hide what is not shown."""
        hidden = (c.key for c in COLUMNS if c.key not in self.shown)
        return " ".join(f"no-{key}" for key in hidden)

    def _offered(self, column: Column) -> bool:
        return self.may_view_payload or column.key != ATTRIBUTES


def parse(text: str) -> tuple[str, ...]:
    """Read keys of columns, separated by commas; what is unknown is left out."""
    found = (key.strip() for key in text.split(","))
    return tuple(dict.fromkeys(key for key in found if key in _KNOWN))
