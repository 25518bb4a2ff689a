"""Bringing stored payloads under the first encryption key, or out of encryption.

Called by `manage.py durable_rotate_keys`, while workers run. Each table is read once,
in the order of its primary key and in bounded pages; a text is replaced only if it
still is what was read, so that nothing a worker writes meanwhile is lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings as django_settings
from django.db.models import Model, QuerySet
from django.db.models.functions import Substr

from durable_engine import conf
from durable_engine.errors import SerializationError
from durable_engine.models import (
    Event,
    EventHistory,
    Message,
    Schedule,
    Step,
    StreamEntry,
    TransactionCheckpoint,
    Workflow,
)
from durable_engine.serialization import sealing
from durable_engine.store.session import connection_of

_COLUMNS: dict[type[Model], tuple[str, ...]] = {
    Workflow: ("inputs", "output", "error"),
    Step: ("output", "error"),
    Event: ("value",),
    EventHistory: ("value",),
    Message: ("body",),
    StreamEntry: ("value",),
    Schedule: ("context",),
    TransactionCheckpoint: ("output",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one table has come."""

    table: str
    alias: str
    seen: int = 0  # rows
    changed: int = 0  # texts
    unreadable: int = 0  # texts under keys that this process does not have


def rotate(*, batch_rows: int = 500, decrypt: bool = False) -> Iterator[Progress]:
    """Encrypt what older keys encrypted under the first key.

    Args:
        batch_rows: rows that one query reads at most.
        decrypt: store what is encrypted as it would be without encryption.

    Yields: the state of a table after each page.

    Raises:
        SerializationError: there is no key.
    """
    current = "" if decrypt else sealing.current_prefix()
    for model, columns in _COLUMNS.items():
        for alias in _aliases_of(model):
            rows = model._default_manager.using(alias)  # noqa: SLF001 - Django's API
            progress = Progress(table=model._meta.db_table, alias=alias)  # noqa: SLF001
            for page in _pages(rows, columns, batch_rows):
                stale = [pk for pk, *heads in page if _any_stale(heads, current)]
                progress = replace(progress, seen=progress.seen + len(page))
                progress = _reseal(rows, columns, stale, progress, decrypt=decrypt)
                yield progress


def _aliases_of(model: type[Model]) -> list[str]:
    """Return the aliases that hold a table: checkpoints are in several."""
    if model is not TransactionCheckpoint:
        return [conf.settings().database]
    table = model._meta.db_table  # noqa: SLF001 - Django's API
    return [
        alias
        for alias in django_settings.DATABASES
        if table in connection_of(alias).introspection.table_names()
    ]


def _pages(
    rows: QuerySet[Any], columns: tuple[str, ...], batch_rows: int
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield pages of primary keys, each with how its texts begin."""
    characters = sealing.PREFIX_CHARACTERS
    heads = [Substr(column, 1, characters) for column in columns]
    last: Any = None
    while True:
        after = rows if last is None else rows.filter(pk__gt=last)
        page = list(after.order_by("pk").values_list("pk", *heads)[:batch_rows])
        if not page:
            return
        yield page
        last = page[-1][0]


def _any_stale(heads: list[str | None], current: str) -> bool:
    return any(head and sealing.is_sealed(head) and head != current for head in heads)


def _reseal(
    rows: QuerySet[Any],
    columns: tuple[str, ...],
    stale: list[Any],
    progress: Progress,
    *,
    decrypt: bool,
) -> Progress:
    """Replace the texts of some rows; return what came of it."""
    changed = unreadable = 0
    for pk in stale:
        for column, text in zip(
            columns, rows.values_list(*columns).get(pk=pk), strict=True
        ):
            if text is None or not sealing.is_sealed(text):
                continue
            try:
                plain = sealing.opened(text)
            except SerializationError:
                unreadable += 1
                continue
            new = plain if decrypt else sealing.sealed(plain)
            same = rows.filter(pk=pk, **{column: text})
            changed += same.update(**{column: new})
    return replace(
        progress,
        changed=progress.changed + changed,
        unreadable=progress.unreadable + unreadable,
    )
