"""Reading a row imports nothing, runs nothing of the row, and explains what is wrong."""

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec

import pytest

from durable_engine.errors import SerializationError
from durable_engine.serialization import JSONSerializer, decode, decode_error
from tests.serialization.samples import Basket, Customer, Order, Point, Strict

SERIALIZER = JSONSerializer()
HERE = "tests.serialization.samples"


def refusal(text: str) -> SerializationError:
    with pytest.raises(SerializationError) as caught:
        SERIALIZER.loads(text)
    return caught.value


@pytest.mark.parametrize("module", ["antigravity", "this", "turtledemo.clock"])
@pytest.mark.parametrize(
    "node",
    [
        '{"~dataclass":"%s:C","fields":{}}',
        '{"~enum":"%s:C","name":"A"}',
        '{"~namedtuple":"%s:C","fields":{}}',
        '{"~exception":"%s:C","args":[],"shared":{},"state":{}}',
        '{"~pydantic":"%s:C","json":"{}"}',
    ],
)
def test_decoding_imports_nothing(module: str, node: str) -> None:
    assert module not in sys.modules
    assert str(refusal(node % module)) == (
        f"value ({module}.C): The module {module!r} is not imported in this process, "
        "and decoding imports nothing. Import it at start-up, for example from a module "
        "named 'workflows' of an installed app."
    )
    assert module not in sys.modules


def test_decoding_an_error_imports_nothing() -> None:
    stored = (
        '{"type":"antigravity.Fall","message":"down","error":'
        '{"~exception":"antigravity:Fall","args":[],"shared":{},"state":{}}}'
    )
    assert repr(decode_error("w", stored)) == (
        "WorkflowFailed('w', 'antigravity.Fall', 'down', '')"
    )
    assert "antigravity" not in sys.modules


def test_decoding_wakes_no_lazy_module(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = find_spec("this")
    assert spec is not None
    assert spec.loader is not None
    spec.loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "this", module)
    spec.loader.exec_module(module)
    reason = refusal('{"~enum":"this:C","name":"A"}').reason
    assert reason.startswith("The module 'this' has no class 'C'.")
    assert "s" not in object.__getattribute__(module, "__dict__")


def test_decoding_asks_no_module_for_attributes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = sys.modules[HERE]
    monkeypatch.setattr(module, "__getattr__", pytest.fail, raising=False)
    assert (
        "has no class 'Nothing'"
        in refusal(f'{{"~dataclass":"{HERE}:Nothing","fields":{{}}}}').reason
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("os:system", "The module 'os' has no class 'system'."),
        ("builtins:eval", "The module 'builtins' has no class 'eval'."),
        ("builtins:print.__call__", "The module 'builtins' has no class"),
        ("subprocess:Popen", "This class is not"),
        ("builtins:type", "This class is not"),
        ("os", "The stored class name is not 'module:name'."),
        (":", "The module '' is not imported in this process"),
    ],
)
@pytest.mark.parametrize(
    "node",
    [
        '{"~dataclass":"%s","fields":{"args":"ls"}}',
        '{"~enum":"%s","name":"ls"}',
        '{"~enum":"%s","value":1}',
        '{"~namedtuple":"%s","fields":{"args":"ls"}}',
        '{"~exception":"%s","args":["ls"],"shared":{},"state":{}}',
        '{"~pydantic":"%s","json":"{}"}',
    ],
)
def test_names_of_anything_else_are_refused(name: str, reason: str, node: str) -> None:
    assert reason in refusal(node % name).reason


def test_an_exception_that_is_no_exception_is_refused() -> None:
    node = '{"~exception":"builtins:SystemExit","args":[3],"shared":{},"state":{}}'
    assert str(refusal(node)) == (
        "value (SystemExit): This class is not an Exception (any more)."
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"~datetime":"yesterday"}',
        '{"~datetime":"2024-01-01T00:00:00","zone":"../../etc/passwd"}',
        '{"~datetime":"2024-01-01T00:00:00","zone":"Europe/Nowhere"}',
        '{"~datetime":"2024-01-01T00:00:00","zone":"Europe.os"}',
        '{"~date":3}',
        '{"~time":"25:00"}',
        '{"~timedelta":[1]}',
        '{"~timedelta":[1e300,0,0]}',
        '{"~decimal":"one"}',
        '{"~uuid":"x"}',
        '{"~bytes":"?"}',
        '{"~bytearray":1}',
        '{"~int":"many"}',
        '{"~float":"1.5"}',
        '{"~str":"[1]"}',
        '{"~str":"not json"}',
        '{"~path":"/x","kind":"Popen"}',
        '{"~tuple":5}',
        '{"~tuple":"ab"}',
        '{"~set":[[1]]}',
        '{"~frozenset":[{"a":1}]}',
        '{"~dict":[1]}',
        '{"~dict":[[1],2]}',
        '{"~exception-ref":0}',
        '{"~exception":"builtins:UnicodeDecodeError","args":[],"shared":{},"state":{}}',
        '{"~exception":"builtins:ValueError","args":[],"shared":{"x":3},"state":{}}',
        '{"~exception":"builtins:ValueError"}',
        '{"~exception":"builtins:ExceptionGroup","args":[1],"shared":{},"state":{}}',
        f'{{"~dataclass":"{HERE}:Order","fields":[]}}',
        f'{{"~dataclass":"{HERE}:Order"}}',
        '{"~dataclass":"durable_engine.errors:AtomicBlock","fields":{"operation":"x"}}',
        f'{{"~namedtuple":"{HERE}:Point"}}',
        f'{{"~enum":"{HERE}:Colour","value":"red"}}',
        f'{{"~enum":"{HERE}:Colour","name":["RED"]}}',
        f'{{"~pydantic":"{HERE}:Customer","json":"{{}}"}}',
    ],
)
def test_a_malformed_tag_is_refused(text: str) -> None:
    error = refusal(f'{{"x":[1,{text}]}}')
    tag = text[2 : text.index('"', 2)]
    assert error.path == 'value["x"][1]'
    assert error.type_name == tag
    assert error.reason.startswith("It is malformed: ")


def test_an_unknown_tag_is_refused() -> None:
    assert str(refusal('[{"~complex":[1,2]}]')) == (
        "value[0] (~complex): This version does not know the tag; a newer version of "
        "durable_engine wrote it. Upgrade this process."
    )


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "[1,]", "[" * 100_000, "\ud800", "1 2", "[1e999]"]
)
def test_what_is_not_json_is_refused(text: str) -> None:
    error = refusal(text)
    assert error.type_name == "json"
    assert error.reason.startswith("The stored text is not JSON: ")


def test_deep_tags_give_no_recursion_error() -> None:
    error = refusal('{"~tuple":[' * 500 + "]}" * 500)
    assert error.reason.startswith("The value is nested more than 100 levels deep")


def test_a_value_can_be_read_after_its_formatting_was_changed() -> None:
    assert SERIALIZER.loads('{ "a" : { "~tuple" : [ 1 ] } }') == {"a": (1,)}


class TestAClassThatHasChanged:
    def test_a_new_field_takes_its_default(self) -> None:
        stored = f'{{"~dataclass":"{HERE}:Order","fields":{{"id":1}}}}'
        order = SERIALIZER.loads(stored)
        assert isinstance(order, Order)
        assert (order.id, order.lines, order.checked) == (1, [], [])
        stored = f'{{"~namedtuple":"{HERE}:Point","fields":{{"x":1}}}}'
        assert SERIALIZER.loads(stored) == Point(1, 0)
        stored = f'{{"~pydantic":"{HERE}:Basket","fields":{{}},"set":[]}}'
        assert SERIALIZER.loads(stored) == Basket.model_construct()

    def test_a_new_private_attribute_takes_its_default(self) -> None:
        stored = (
            f'{{"~pydantic":"{HERE}:Customer","fields":{{"id":1,"name":"A"}},'
            '"set":["id"]}'
        )
        customer = SERIALIZER.loads(stored)
        assert isinstance(customer, Customer)
        assert customer._seen == 0
        assert customer.tags == ()

    @pytest.mark.parametrize(
        ("node", "name"),
        [
            (f'{{"~dataclass":"{HERE}:Order","fields":{{}}}}', "Order"),
            (f'{{"~namedtuple":"{HERE}:Point","fields":{{}}}}', "Point"),
            (f'{{"~pydantic":"{HERE}:Customer","fields":{{}},"set":[]}}', "Customer"),
        ],
    )
    def test_a_new_field_without_default_is_refused(self, node: str, name: str) -> None:
        field = "x" if name == "Point" else "id"
        assert str(refusal(node)) == (
            f"value ({HERE}.{name}): The stored value has no field {field!r} and the "
            "class gives it no default. Give the new field a default."
        )

    def test_a_lost_field_is_dropped(self) -> None:
        stored = f'{{"~dataclass":"{HERE}:Order","fields":{{"id":1,"gone":2}}}}'
        assert not hasattr(SERIALIZER.loads(stored), "gone")
        stored = (
            f'{{"~namedtuple":"{HERE}:Strict",'
            '"fields":{"second":2,"gone":3,"first":1}}'
        )
        assert SERIALIZER.loads(stored) == Strict(1, 2)
        stored = f'{{"~pydantic":"{HERE}:Basket","fields":{{"gone":1}},"set":["gone"]}}'
        basket = SERIALIZER.loads(stored)
        assert isinstance(basket, Basket)
        assert basket.model_fields_set == set()

    def test_a_lost_enum_member_is_named(self) -> None:
        assert str(refusal(f'{{"~enum":"{HERE}:Colour","name":"GREEN"}}')) == (
            f"value ({HERE}.Colour): The class has no member 'GREEN'. If it was "
            "renamed, keep the old name as an alias."
        )

    def test_a_moved_class_is_found_by_an_alias(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys.modules[HERE], "OldPoint", Point, raising=False)
        stored = f'{{"~namedtuple":"{HERE}:OldPoint","fields":{{"x":1}}}}'
        assert SERIALIZER.loads(stored) == Point(1)


def test_pydantic_may_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = SERIALIZER.dumps(Basket())
    for name in [*sys.modules]:
        if name.partition(".")[0] == "pydantic":
            monkeypatch.delitem(sys.modules, name)
    assert SERIALIZER.loads(SERIALIZER.dumps((1,))) == (1,)
    assert str(refusal(stored)) == (
        "value (~pydantic): pydantic 2 is not imported in this process."
    )
    assert "pydantic" not in sys.modules


def test_every_kind_is_read_by_the_built_in_serializer() -> None:
    class Other:
        name = "other"
        dumps = loads = pytest.fail

    assert decode(Other(), '{"~tuple":[1]}') == (1,)
