"""Fields of the system tables that Django has no equal for."""

from typing import Any, TypeVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from durable_engine.conf import settings
from durable_engine.ids import MAX_ID_LENGTH

Table = TypeVar("Table", bound=models.Model)


class KeyField(models.CharField):  # type: ignore[type-arg]  # generic in stubs only
    """An id, name or key: at most 255 characters, compared byte by byte.

    On PostgreSQL the column has the collation "C": comparisons are a memcmp, the
    primary key serves `LIKE 'prefix%'`, and the second (pattern) index that Django
    adds to every unique text column is not needed, nor made.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MAX_ID_LENGTH)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """Return the column type, without what would bring the second index."""
        # Spelled out: the schema editor adds the pattern index to "varchar…".
        if connection.vendor == "postgresql":
            return f"character varying({self.max_length})"
        return super().db_type(connection)

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        """Return the column's parameters, with the collation on PostgreSQL."""
        parameters: dict[str, Any] = dict(super().db_parameters(connection))
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters

    def cast_db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """Return the type for `CAST`: the column's."""
        return self.db_type(connection)


class EngineManager(models.Manager[Table]):
    """Reads from the alias that holds the system tables."""

    def get_queryset(self) -> models.QuerySet[Table]:
        """Return all rows, to be read from that alias."""
        return super().get_queryset().using(self._db or settings().database)
