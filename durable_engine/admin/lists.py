"""Lists of the admin that stay quick over ten million rows.

Django's own count everything, twice, and search everywhere. These count up to a limit,
and what is filtered or searched is looked for among the newest rows only.
"""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator  # at run time it is not generic

COUNTED_ROWS = 10_000
SEARCHED_ROWS = 100_000


class BoundedPaginator(_Paginator):
    """Counts no further than the list can be paged through."""

    @cached_property
    def count(self) -> int:
        """Return how many rows there are, `COUNTED_ROWS` at most."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows[:COUNTED_ROWS].count()


class NewestChangeList(ChangeList):
    """A list by age, whose filters and search look at the newest rows only."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Any]:
        """Return the rows of the list, within bounds."""
        rows = super().get_queryset(request, exclude_parameters)
        if not self.query and not self.has_active_filters:
            return rows
        named = self.root_queryset.filter(pk=self.query) if self.query else None
        if named is not None and named.exists():
            return named.order_by(*self.get_ordering(request, named))  # of any age
        newest = self.root_queryset.order_by("-created_at", "-pk")
        depth = slice(SEARCHED_ROWS, SEARCHED_ROWS + 1)
        oldest = newest.values_list("created_at", flat=True)[depth].first()
        return rows if oldest is None else rows.filter(created_at__gt=oldest)
