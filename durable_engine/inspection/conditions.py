"""Conditions on rows of workflows that vendors, or their indexes, want said their way."""

from datetime import datetime
from time import monotonic
from typing import Any

import orjson
from django.db.models import BooleanField, F, Func, Q, TextField, Value
from django.db.models.functions import Cast, Collate
from django.db.models.lookups import IContains

from durable_engine.models import Workflow
from durable_engine.runtime.engine import engine
from durable_engine.runtime.requests import attributes_text
from durable_engine.store.session import connection_of

SEARCHED_ROWS = 100_000
"""Inputs are searched among this many of the newest workflows."""

_KEPT_SECONDS = 60.0
_since: dict[tuple[str, ...], tuple[float, datetime]] = {}
_LAST_CHARACTER = chr(0x10FFFF)  # in no id: it is not printable


def with_prefix(prefix: str) -> Q:
    """Return what holds of the ids that begin so, as a range, byte by byte.

    SQLite's LIKE would ignore case.
    """
    return Q(id__gte=prefix, id__lt=prefix + _LAST_CHARACTER)


def with_attributes(attributes: dict[str, Any]) -> Q:
    """Return what holds of rows that contain these; SQLite is taught what that means.

    Raises:
        ValueError: the attributes are no JSON object.
    """
    text = attributes_text(attributes)
    store = engine().store
    if store.dialect.vendor == "postgresql":
        # The second says that the index has them all.
        return Q(attributes__contains=attributes, attributes__isnull=False)
    store.borrow()  # gives Django's connection the engine's functions
    return Q(
        Func(
            Cast("attributes", TextField()),
            Value(text, output_field=TextField()),
            function="durable_contains",
            output_field=BooleanField(),
        )
    )


def with_text(text: str, *, inputs: bool) -> tuple[Q, bool]:
    """Return what holds of the rows that mention a text, in any case.

    Args:
        text: a part of the id or the name.
        inputs: whether inputs are searched, too, those of the newest.

    Returns:
        The condition, and whether there are older inputs than were searched.
    """
    mentions = Q(id__icontains=text) | Q(name__icontains=text)
    if not inputs:
        return mentions, False
    since = _searched_since()
    if since is None:
        return mentions | _with_inputs(text), False
    # The instant first: older inputs, which may be of megabytes, are not even read.
    return mentions | (Q(created_at__gt=since) & _with_inputs(text)), True


def _searched_since() -> datetime | None:
    """Return the age beyond which inputs are not searched; None: all are.

    It is kept for a minute: to find it, the instants of as many rows are read.
    """
    newest = Workflow.objects.order_by("-created_at")
    database = connection_of(engine().store.alias).settings_dict
    key = tuple(str(database.get(part)) for part in ("HOST", "PORT", "NAME"))
    kept = _since.get(key)
    if kept is not None and kept[0] > monotonic():
        return kept[1]
    instants = newest.values_list("created_at", flat=True)
    since = next(iter(instants[SEARCHED_ROWS : SEARCHED_ROWS + 1]), None)
    if since is not None:
        _since[key] = (monotonic() + _KEPT_SECONDS, since)
    return since


def _with_inputs(text: str) -> Q:
    """Return what holds of the rows whose inputs contain a text, in any case."""
    stored = orjson.dumps(text).decode()[1:-1]  # as the text stands inside JSON
    inputs: F | Collate = F("inputs")
    if text.isascii() and engine().store.dialect.vendor == "postgresql":
        inputs = Collate("inputs", "C")  # five times as fast
    # What another serializer wrote is no text to search in, above all if encrypted.
    return Q(IContains(inputs, stored)) & ~Q(inputs__startswith="!")
