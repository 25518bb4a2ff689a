"""The query string is checked where it enters."""

import pytest
from django.http import QueryDict

from console.filters import Cursor, InvalidFilter, WorkflowFilter
from durable_engine.states import WorkflowState
from tests.console.rows import START


def test_filter_survives_its_query_string() -> None:
    wanted = WorkflowFilter(
        statuses=(WorkflowState.ERROR, WorkflowState.PENDING),
        name="a.b",
        search="x & y",
    )
    assert WorkflowFilter.parse(QueryDict(wanted.query())) == wanted


def test_status_may_be_written_small() -> None:
    wanted = WorkflowFilter.parse(QueryDict("status=error"))
    assert wanted.statuses == (WorkflowState.ERROR,)


@pytest.mark.parametrize(
    "query", ["status=BROKEN", f"search={'x' * 256}", "name=a%00b"]
)
def test_nonsense_is_refused(query: str) -> None:
    with pytest.raises(InvalidFilter):
        WorkflowFilter.parse(QueryDict(query))


def test_cursor_survives_its_text() -> None:
    cursor = Cursor(created_at=START.replace(microsecond=123456), id="a-b/c")
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["x", "1", "-", "-a", "a-b", f"{10**40}-a"])
def test_forged_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidFilter):
        Cursor.parse(text)


def test_cursor_before_an_instant_names_no_workflow() -> None:
    cursor = Cursor.parse("1-")
    assert (cursor.id, str(cursor)) == ("", "1-")
