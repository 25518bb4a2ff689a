"""What is stored comes back equal in type and value, at every level."""

import pathlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given, settings
from hypothesis import strategies as st

from durable_engine.errors import MaxStepRetriesExceeded
from durable_engine.serialization import JSONSerializer
from tests.serialization.samples import (
    Basket,
    Colour,
    Customer,
    Link,
    Mood,
    NumberBox,
    Order,
    PlainError,
    Point,
    Price,
    Right,
    Size,
    TwoArguments,
    same,
    unhurried,
)

PARIS = ZoneInfo("Europe/Paris")
SERIALIZER = JSONSerializer()

text = st.text(st.characters()) | st.text(st.characters(categories=["Cs", "L", "Cc"]))
zones = st.none() | st.just(UTC) | st.sampled_from([PARIS, ZoneInfo("UTC")])
offsets = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)
instants = st.datetimes(timezones=zones | offsets)
folded = st.builds(lambda at, fold: at.replace(fold=fold), instants, st.integers(0, 1))
hashable_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    text,
    st.binary(),
    folded,
    st.dates(),
    st.times(timezones=zones),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.uuids(),
    st.sampled_from([*Colour, *Size, *Mood, Right.READ, Right.READ | Right.RUN]),
    st.builds(pathlib.PurePosixPath, st.sampled_from(["/", "a/b", ""])),
)
leaves = st.one_of(
    hashable_leaves, st.floats(), st.binary().map(bytearray), st.just(Decimal("NaN"))
)
hashable = st.recursive(
    hashable_leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner),
        st.frozensets(inner, max_size=3),
        st.builds(Point, inner, inner),
        st.builds(Price, amount=inner, currency=inner),
    ),
    max_leaves=4,
)
keys = text | st.sampled_from(["~tuple", "~", "~dict", "~nothing", "args", "kwargs"])


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.sets(hashable, max_size=3),
        st.dictionaries(keys, inner, max_size=4),
        st.dictionaries(hashable, inner, max_size=3),
        st.builds(Order, id=inner, lines=inner),
        st.builds(Price, amount=inner),
        st.builds(Point, inner, inner),
        st.builds(Basket, content=inner, surplus=inner),
        st.builds(PlainError, inner, inner),
        st.builds(TwoArguments, inner, reason=text),
    )


values = st.recursive(leaves, containers, max_leaves=20)


def round_trip(value: object) -> Any:
    stored = SERIALIZER.dumps(value)
    assert "\x00" not in stored
    stored.encode("utf-8")
    return SERIALIZER.loads(stored)


@settings(unhurried, max_examples=500)
@given(values)
def test_every_supported_value_comes_back_the_same(value: object) -> None:
    assert same(round_trip(value), value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), -0.0])
def test_odd_floats_come_back_the_same(value: float) -> None:
    assert same(round_trip([value, (value,)]), [value, (value,)])


@pytest.mark.parametrize("text", ["NaN", "sNaN12", "-0E+5", "Infinity", "1.50"])
def test_decimals_keep_their_form(text: str) -> None:
    assert str(round_trip(Decimal(text))) == text


def test_integers_of_any_size_come_back_the_same() -> None:
    edges = [2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1]
    assert same(round_trip(edges), edges)
    huge = 7**30_000
    assert round_trip(-huge) == -huge


def test_the_second_of_two_equal_wall_clock_times_is_told_apart() -> None:
    first = datetime(2024, 10, 27, 2, 30, tzinfo=PARIS)
    second = first.replace(fold=1)
    assert round_trip(first).utcoffset() == timedelta(hours=2)
    assert round_trip(second).utcoffset() == timedelta(hours=1)
    assert round_trip(second).tzinfo is PARIS


class Nameless(tzinfo):
    """A time zone that has no key, as those of other libraries."""

    def utcoffset(self, at: datetime | None) -> timedelta:
        return timedelta(hours=2, seconds=1)

    def dst(self, at: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, at: datetime | None) -> str:
        return "nameless"


def test_a_zone_without_a_key_becomes_its_offset() -> None:
    at = datetime(2024, 7, 1, 12, tzinfo=Nameless())
    assert round_trip(at) == at
    assert round_trip(at).tzinfo == timezone(timedelta(hours=2, seconds=1))


def test_a_dict_that_looks_like_a_tag_stays_a_dict() -> None:
    for value in ({"~tuple": [1]}, {"a": 1, "~": 2}, {"~dict": [{"~set": []}]}):
        assert same(round_trip(value), value)
        assert same(round_trip((value,)), (value,))


def test_text_that_looks_like_a_tag_stays_text() -> None:
    value = ["~tuple", '{"~tuple":[]}', '"~']
    assert same(round_trip(value), value)


def test_the_order_of_a_dict_is_kept() -> None:
    value = {"b": 1, "a": 2, 3: 4, (): 5}
    assert same(round_trip(value), value)


def test_a_dataclass_is_rebuilt_without_its_constructor() -> None:
    order = Order(7, lines=[Price(amount=Decimal("1.50"))])
    rebuilt = round_trip(order)
    assert same(rebuilt, order)
    assert rebuilt.checked == ["post-init"]
    assert not hasattr(rebuilt, "later")


def test_a_pydantic_model_is_rebuilt_without_validation() -> None:
    customer = Customer(id=1, displayName="Ada", tags=("a",))
    customer._seen = 3
    rebuilt = round_trip(Basket(customer=customer, surplus={1}))
    assert rebuilt.customer == customer
    assert rebuilt.customer.name == "Ada!"
    assert rebuilt.customer._seen == 3
    assert rebuilt.model_extra == {"surplus": {1}}
    assert rebuilt.model_fields_set == {"customer", "surplus"}


def test_a_pydantic_model_of_types_that_only_pydantic_knows_comes_back() -> None:
    link = Link(url="https://example.com/a?b=c")
    assert round_trip([link]) == [link]


def test_a_generic_pydantic_model_comes_back_under_a_name_of_its_own() -> None:
    assert same(round_trip(NumberBox(item=3)), NumberBox(item=3))


def test_an_exception_is_rebuilt_without_its_constructor() -> None:
    error = TwoArguments(Price(amount=1), reason="late")
    error.add_note("a note")
    built = TwoArguments.built
    assert same(round_trip(error), error)
    assert TwoArguments.built == built


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file", "a.txt"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        ModuleNotFoundError("No module named 'x'", name="x"),
        KeyError("x"),
        StopIteration(3),
        SyntaxError("bad", ("a.py", 1, 2, "x", 1, 3)),
    ],
)
def test_a_built_in_exception_keeps_its_fields(error: Exception) -> None:
    rebuilt = round_trip(error)
    fields = ("errno", "filename", "encoding", "start", "name", "value", "lineno")
    assert type(rebuilt) is type(error)
    assert str(rebuilt) == str(error)
    assert [getattr(rebuilt, field, None) for field in fields] == [
        getattr(error, field, None) for field in fields
    ]


def test_an_exception_that_holds_itself_comes_back() -> None:
    error = ValidationError(
        {"name": [ValidationError("Too %(what)s", "long", {"what": 1})]}
    )
    rebuilt = round_trip(error)
    assert rebuilt.message_dict == {"name": ["Too 1"]}
    (inner,) = rebuilt.error_dict["name"]
    assert inner.error_list == [inner]
    assert inner.code == "long"


def test_exceptions_inside_exceptions_come_back() -> None:
    errors = [ValueError("a"), TwoArguments(1, reason="b")]
    rebuilt = round_trip(MaxStepRetriesExceeded("charge", 2, errors))
    assert same(rebuilt.errors, errors)
    group = round_trip(ExceptionGroup("both", errors))
    assert same([*group.exceptions], errors)


def test_a_subclass_without_a_kind_of_its_own_is_stored_as_its_base() -> None:
    class Stamp(datetime):
        pass

    class Name(str):
        __slots__ = ()

    class Names(list[str]):
        pass

    class Table(dict[str, int]):
        pass

    class Number(int):
        pass

    at = datetime(2024, 1, 1, tzinfo=UTC)
    stored = [Stamp(2024, 1, 1, tzinfo=UTC), Name("a"), Names("ab"), Table(a=1)]
    assert same(round_trip(stored), [at, "a", ["a", "b"], {"a": 1}])
    assert same(round_trip({Number(3): Number(2**80)}), {3: 2**80})


def test_marked_and_lazy_text_become_plain_text() -> None:
    assert same(round_trip(mark_safe("<b>")), "<b>")
    assert same(round_trip({SafeString("a"): gettext_lazy("Monday")}), {"a": "Monday"})


def test_a_date_and_a_time_stay_what_they_are() -> None:
    value = [date(2024, 2, 29), time(1, 2, 3, 4), time(1, tzinfo=UTC), UUID(int=5)]
    assert same(round_trip(value), value)


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: (v,), lambda v: {1: v}])
def test_one_hundred_levels_come_back(wrap: Callable[[Any], Any]) -> None:
    value: Any = datetime(2024, 1, 1, tzinfo=PARIS)
    for _ in range(100):
        value = wrap(value)
    assert round_trip(value) == value
