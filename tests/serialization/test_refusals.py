"""What cannot be stored is refused with its place, its type and the way out."""

import collections
import io
import sys
import threading
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import User
from django.utils.functional import SimpleLazyObject

from durable_engine.errors import SerializationError
from durable_engine.serialization import JSONSerializer
from tests.serialization.samples import (
    Basket,
    Box,
    Colour,
    Order,
    PlainError,
    Point,
    Price,
    Secret,
)

SERIALIZER = JSONSerializer()
OTHER = (
    "Values of this type cannot be stored. Pass plain data or a dataclass, or the key "
    "by which a step can load it."
)
CODE = "Code cannot be stored, only data. Pass its name, or call it first."
AS_LIST = "This cannot be stored. Pass list(value)."


class Pair(tuple[int, int]):
    __slots__ = ()


class Bag(set[int]):
    pass


@dataclass
class Ledger(dict[str, int]):
    owner: str


async def coroutine() -> None:
    pass


def refusal(value: object) -> SerializationError:
    with pytest.raises(SerializationError) as caught:
        SERIALIZER.dumps(value)
    return caught.value


@pytest.mark.parametrize(
    ("value", "type_name", "reason"),
    [
        (threading.Lock(), "_thread.lock", OTHER),
        (object(), "object", OTHER),
        (SimpleNamespace(), "types.SimpleNamespace", OTHER),
        (1j, "complex", OTHER),
        ((n for n in ()), "generator", AS_LIST),
        (map(str, ()), "map", AS_LIST),
        ({}.keys(), "dict_keys", AS_LIST),
        ({}.items(), "dict_items", AS_LIST),
        (range(3), "range", AS_LIST),
        (collections.deque(), "collections.deque", AS_LIST),
        (lambda: 1, "function", CODE),
        (len, "builtin_function_or_method", CODE),
        (int, "type", CODE),
        (Colour, "enum.EnumType", CODE),
        (
            io.StringIO(),
            "_io.StringIO",
            "An open file cannot be stored. Pass its path or its content.",
        ),
        (
            collections.defaultdict(int),
            "collections.defaultdict",
            "A dict with __missing__ cannot be stored. Pass dict(value).",
        ),
        (
            Pair((1, 2)),
            "tests.serialization.test_refusals.Pair",
            "A tuple of this class cannot be stored. Pass tuple(value).",
        ),
        (
            Bag(),
            "tests.serialization.test_refusals.Bag",
            "A set of this class cannot be stored. Pass set(value).",
        ),
        (memoryview(b""), "memoryview", "This cannot be stored. Pass bytes(value)."),
        (
            KeyboardInterrupt(),
            "KeyboardInterrupt",
            "Only an Exception can be stored as a value.",
        ),
        (
            Ledger("Ada"),
            "tests.serialization.test_refusals.Ledger",
            (
                "A dataclass that is also a built-in type cannot be stored without loss. "
                "Keep the built-in value in a field."
            ),
        ),
        (
            User(),
            "django.contrib.auth.models.User",
            (
                "A model instance cannot be stored: it would be stale when it is read. "
                "Pass its primary key (value.pk) and load it in a step or a transaction."
            ),
        ),
        (
            User.objects.all(),
            "django.db.models.query.QuerySet",
            (
                "A QuerySet cannot be stored. Pass a list of primary keys, "
                "list(queryset.values_list('pk', flat=True)), and load them in a step or a "
                "transaction."
            ),
        ),
        (
            SimpleLazyObject(lambda: pytest.fail("it was evaluated")),
            "django.utils.functional.SimpleLazyObject",
            (
                "A lazy object (such as request.user) cannot be stored. Pass the primary "
                "key of what it stands for and load that in a step or a transaction."
            ),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_stored_is_refused(
    value: object, type_name: str, reason: str
) -> None:
    error = refusal([value])
    assert (error.path, error.type_name, error.reason) == (
        "value[0]",
        type_name,
        reason,
    )
    assert str(error) == f"value[0] ({type_name}): {reason}"


def test_a_coroutine_is_refused() -> None:
    pending = coroutine()
    assert str(refusal(pending)) == (
        "value (coroutine): What is still to be awaited cannot be stored. Await it "
        "first."
    )
    pending.close()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (object(), "value"),
        ([1, object()], "value[1]"),
        ((1, [object()]), "value[1][0]"),
        ({"x": {"y z": object()}}, 'value["x"]["y z"]'),
        ({1: {(1, "a"): object()}}, "value[1][(1, 'a')]"),
        ({object(): 1}, "value.keys()[0]"),
        ({"k" * 100: object()}, f'value["{"k" * 60}…"]'),
        ({"\ud800\x00": object()}, 'value["\\\\ud800\\\\x00"]'),
        ({object}, "value[0]"),
        (Order(1, lines=[object()]), "value.lines[0]"),
        (Price(amount=(object(),)), "value.amount[0]"),
        (Point(1, object()), "value.y"),
        (Basket(content={"x": object()}), 'value.content["x"]'),
        (Basket(more=object()), "value.more"),
        (Secret(word="x"), "value.word"),
        (PlainError("a", object()), "value.args[1]"),
        ([Order({"x": [1, 2, object()]})], 'value[0].id["x"][2]'),
    ],
)
def test_a_refusal_names_the_place(value: object, path: str) -> None:
    assert refusal(value).path == path


def test_an_attribute_of_an_exception_is_refused_at_its_name() -> None:
    error = PlainError()
    error.response = object()
    assert refusal([error]).path == "value[0].response"


def test_a_class_that_could_not_be_found_again_is_refused() -> None:
    class Local(NamedTuple):
        x: int

    name = (
        "tests.serialization.test_refusals."
        "test_a_class_that_could_not_be_found_again_is_refused.<locals>.Local"
    )
    assert str(refusal([Local(1)])) == (
        f"value[0] ({name}): The class cannot be found again by this name: it was made "
        "inside a function or at run time, or something else has its name. Define it "
        "at the top level of a module."
    )


def test_a_generic_pydantic_model_without_a_name_is_refused() -> None:
    error = refusal(Box[bytes](item=b""))
    assert error.type_name == "tests.serialization.samples.Box[bytes]"
    assert error.reason.startswith("The class cannot be found again by this name")


def test_what_raises_while_it_is_encoded_is_refused() -> None:
    order = Order(1)
    del order.id
    assert str(refusal(order)) == (
        "value (tests.serialization.samples.Order): Encoding it raised AttributeError: "
        "'Order' object has no attribute 'id'"
    )


def nested(levels: int, wrap: Any) -> object:
    value: object = []
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.mark.parametrize(
    "wrap",
    [
        lambda v: [v],
        lambda v: (v,),
        lambda v: {"a": v},
        lambda v: {1: v},
        lambda v: Price(amount=v),
    ],
)
@pytest.mark.parametrize("levels", [101, 10_000])
def test_a_value_nested_too_deeply_is_refused(levels: int, wrap: Any) -> None:
    error = refusal(nested(levels, wrap))
    assert error.reason == (
        "The value is nested more than 100 levels deep, or contains itself. Pass a "
        "flatter value, or the key to load it by in a step."
    )
    assert len(error.path) < 500


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert "contains itself" in refusal(endless).reason
    table: dict[str, object] = {}
    table["x"] = (table,)
    assert "contains itself" in refusal(table).reason


def test_a_caller_deep_in_the_stack_gets_no_recursion_error() -> None:
    def descend(levels: int) -> SerializationError:
        return descend(levels - 1) if levels else refusal(nested(90, lambda v: (v,)))

    frame, used = sys._getframe(), 0
    while frame := frame.f_back:
        used += 1
    assert "nested" in descend(sys.getrecursionlimit() - used - 150).reason
