"""The stored text is plain JSON wherever plain JSON says everything."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from durable_engine.serialization import JSONSerializer
from durable_engine.serialization.tagged import Packer
from tests.serialization.samples import (
    Colour,
    Customer,
    Link,
    Point,
    Price,
    Right,
    same,
    unhurried,
)

SERIALIZER = JSONSerializer()
HERE = "tests.serialization.samples"
NOON = datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("Europe/Paris"))

atoms = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
plain = st.recursive(
    atoms, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@unhurried
@given(plain)
def test_the_short_way_and_the_long_way_write_the_same(value: Any) -> None:
    stored = SERIALIZER.dumps(value)
    assert stored == orjson.dumps(Packer().pack(value)).decode()
    assert same(SERIALIZER.loads(stored), value)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (None, "null"),
        (True, "true"),
        (42, "42"),
        (1.0, "1.0"),
        ("é\x00", '"é\\u0000"'),
        ([1, [2]], "[1,[2]]"),
        ({"a": {"b": None}}, '{"a":{"b":null}}'),
        ((1, (2,)), '{"~tuple":[1,{"~tuple":[2]}]}'),
        ({1}, '{"~set":[1]}'),
        (frozenset(), '{"~frozenset":[]}'),
        ({1: "a", "b": 2}, '{"~dict":[1,"a","b",2]}'),
        ({"~x": 1}, '{"~dict":["~x",1]}'),
        (2**64, '{"~int":"18446744073709551616"}'),
        (float("nan"), '{"~float":"nan"}'),
        ("\ud800", '{"~str":"\\"\\\\ud800\\""}'),
        (b"\x00\xff", '{"~bytes":"AP8="}'),
        (bytearray(b"a"), '{"~bytearray":"YQ=="}'),
        (NOON, '{"~datetime":"2024-07-01T12:00:00+02:00","zone":"Europe/Paris"}'),
        (
            datetime(2024, 7, 1, 12, tzinfo=UTC),
            '{"~datetime":"2024-07-01T12:00:00+00:00"}',
        ),
        (
            NOON.replace(tzinfo=None, fold=1),
            '{"~datetime":"2024-07-01T12:00:00","fold":1}',
        ),
        (date(2024, 7, 1), '{"~date":"2024-07-01"}'),
        (time(12, 30), '{"~time":"12:30:00"}'),
        (timedelta(days=-1, microseconds=5), '{"~timedelta":[-1,0,5]}'),
        (Decimal("1.50"), '{"~decimal":"1.50"}'),
        (UUID(int=1), '{"~uuid":"00000000-0000-0000-0000-000000000001"}'),
        (PurePosixPath("/a"), '{"~path":"/a","kind":"PurePosixPath"}'),
        (Colour.RED, f'{{"~enum":"{HERE}:Colour","name":"RED"}}'),
        (Right.READ | Right.RUN, f'{{"~enum":"{HERE}:Right","value":5}}'),
        (Point(1), f'{{"~namedtuple":"{HERE}:Point","fields":{{"x":1,"y":0}}}}'),
        (
            Price(amount=1),
            f'{{"~dataclass":"{HERE}:Price","fields":{{"amount":1,"currency":"EUR"}}}}',
        ),
        (
            Customer(id=1, displayName="A"),
            (
                f'{{"~pydantic":"{HERE}:Customer","fields":{{"id":1,"name":"A!",'
                '"tags":{"~tuple":[]}},"set":["id","name"],"private":{"_seen":0}}'
            ),
        ),
        (
            Link(url="https://a.example/"),
            (
                f'{{"~pydantic":"{HERE}:Link",'
                '"json":"{\\"url\\":\\"https://a.example/\\"}"}'
            ),
        ),
        (
            KeyError("x"),
            '{"~exception":"builtins:KeyError","args":["x"],"shared":{},"state":{}}',
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_stored_form_is_what_older_rows_have(value: object, stored: str) -> None:
    assert SERIALIZER.dumps(value) == stored
    assert type(SERIALIZER.loads(stored)) is type(value)


def test_a_shared_argument_is_stored_once() -> None:
    error = ValueError(long := "x" * 100)
    error.what = long
    stored = SERIALIZER.dumps(error)
    assert stored.count(long) == 1
    assert vars(SERIALIZER.loads(stored)) == {"what": long}


def test_an_override_of_a_subclass_is_not_called() -> None:
    class Table(dict[str, object]):
        def items(self) -> Any:
            pytest.fail("it was called")

    assert SERIALIZER.dumps((Table(a=1),)) == '{"~tuple":[{"a":1}]}'
