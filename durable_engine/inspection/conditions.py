"""Conditions on rows of workflows that vendors, or their indexes, want said their way."""

from typing import Any

import orjson
from django.db.models import BooleanField, F, Func, Q, TextField, Value
from django.db.models.functions import Cast, Collate
from django.db.models.lookups import IContains

from durable_engine.runtime.engine import engine
from durable_engine.runtime.requests import attributes_text

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


def with_inputs(text: str) -> Q:
    """Return what holds of the rows whose inputs contain a text, in any case."""
    stored = orjson.dumps(text).decode()[1:-1]  # as the text stands inside JSON
    inputs: F | Collate = F("inputs")
    if text.isascii() and engine().store.dialect.vendor == "postgresql":
        inputs = Collate("inputs", "C")  # five times as fast
    # What another serializer wrote is no text to search in, above all if encrypted.
    return Q(IContains(inputs, stored)) & ~Q(inputs__startswith="!")
