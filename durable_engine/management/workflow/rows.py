"""Rows of one workflow, a bounded number at a time."""

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, QuerySet

_BATCH_ROWS = 200

Row = TypeVar("Row", bound=Model)


def in_batches(found: QuerySet[Row], key: str) -> Iterator[Row]:
    """Yield rows in the order of a key, which is unique among them."""
    ordered = found.order_by(key)
    rows = list(ordered[:_BATCH_ROWS])
    while rows:
        yield from rows
        if len(rows) < _BATCH_ROWS:
            return
        last = getattr(rows[-1], key)
        rows = list(ordered.filter(**{f"{key}__gt": last})[:_BATCH_ROWS])
