"""The stored form names its serializer and keeps within its limit."""

import pytest

from durable_engine.errors import PayloadTooLarge, SerializationError
from durable_engine.serialization import (
    JSONSerializer,
    decode,
    decode_inputs,
    encode,
    encode_inputs,
    peek,
    serializer_name,
)
from tests.serialization.samples import Point

JSON = JSONSerializer()
MIB = 1024 * 1024


class Reversed:
    """A serializer of the project's own: text, backwards."""

    name = "reversed"

    def dumps(self, value: object) -> str:
        return str(value)[::-1]

    def loads(self, text: str) -> object:
        return text[::-1]


class Upper(JSONSerializer):
    """The default serializer with a habit more."""

    def dumps(self, value: object) -> str:
        return super().dumps(value).upper()

    def loads(self, text: str) -> object:
        return super().loads(text.lower())


def stored(value: object, serializer: object = JSON) -> str:
    return encode(serializer, value, what="the output of shop.pay", limit_bytes=MIB)


def test_json_is_stored_untagged() -> None:
    assert stored((1,)) == '{"~tuple":[1]}'
    assert serializer_name(stored((1,))) == "json"
    assert decode(JSON, stored((1,))) == (1,)


def test_another_serializer_is_named_before_its_text() -> None:
    assert stored("a!b", Reversed()) == "!reversed!b!a"
    assert serializer_name("!reversed!b!a") == "reversed"
    assert decode(Reversed(), "!reversed!b!a") == "a!b"


def test_json_is_read_whatever_is_configured() -> None:
    assert decode(Reversed(), '{"a":1}') == {"a": 1}


def test_a_subclass_of_the_json_serializer_reads_what_it_wrote() -> None:
    assert stored("a", Upper()) == '"A"'
    assert decode(Upper(), '"A"') == "a"


def test_the_payload_of_another_serializer_is_refused_by_name() -> None:
    with pytest.raises(SerializationError) as caught:
        decode(JSON, "!reversed!ba")
    assert str(caught.value) == (
        "value (reversed): The payload was written by serializer 'reversed' and this "
        "process is configured with 'json', so it was not read. Set "
        "DURABLE_ENGINE['SERIALIZER'] to the serializer of that name."
    )


@pytest.mark.parametrize("text", ["!", "!x", "!json!1", "!!1"])
def test_a_broken_name_is_refused(text: str) -> None:
    with pytest.raises(SerializationError):
        decode(JSON, text)


def test_a_refusal_says_of_what_nothing_was_stored() -> None:
    with pytest.raises(SerializationError) as caught:
        stored([1, object()])
    assert str(caught.value) == (
        "value[1] (object): Values of this type cannot be stored. Pass plain data or a "
        "dataclass, or the key by which a step can load it. Nothing was stored of the "
        "output of shop.pay."
    )


def test_a_payload_is_measured_in_bytes_with_its_tag() -> None:
    assert encode(JSON, "é", what="x", limit_bytes=4) == '"é"'
    with pytest.raises(PayloadTooLarge) as caught:
        encode(JSON, "é", what="the output of shop.pay", limit_bytes=3)
    assert str(caught.value) == (
        "The payload of the output of shop.pay has 4 bytes and the limit is 3; nothing "
        "was stored. Store the data elsewhere and pass its key, or raise "
        "DURABLE_ENGINE['MAX_PAYLOAD_BYTES']."
    )
    assert caught.value.size_bytes == 4
    with pytest.raises(PayloadTooLarge):
        encode(Reversed(), "a", what="x", limit_bytes=10)
    assert encode(Reversed(), "a", what="x", limit_bytes=11) == "!reversed!a"


class TestASerializerThatMisbehaves:
    def test_what_it_raises_is_told(self) -> None:
        class Broken(Reversed):
            def dumps(self, value: object) -> str:
                return str(int(self.name))

            loads = dumps

        with pytest.raises(SerializationError) as caught:
            stored(1, Broken())
        assert str(caught.value) == (
            "value (int): Serializer 'reversed' raised ValueError: invalid literal for int() with base 10: 'reversed'. Nothing "
            "was stored of the output of shop.pay."
        )
        with pytest.raises(SerializationError) as caught:
            decode(Broken(), "!reversed!x")
        assert str(caught.value) == (
            "value (reversed): Serializer 'reversed' raised ValueError: invalid literal for int() with base 10: 'reversed'."
        )

    @pytest.mark.parametrize("text", ["\x00", "\ud800"])
    def test_text_that_no_database_holds_is_refused(self, text: str) -> None:
        with pytest.raises(SerializationError) as caught:
            stored(text, Reversed())
        assert str(caught.value) == (
            "value (reversed): Serializer 'reversed' wrote a NUL character or a lone "
            "surrogate, which a database cannot hold. Let it write base64."
        )

    @pytest.mark.parametrize("name", ["", "a!b", "Über", "x" * 32, "1a"])
    def test_a_name_that_could_not_be_read_back_is_refused(self, name: str) -> None:
        serializer = Reversed()
        serializer.name = name
        with pytest.raises(ValueError, match="must be 1 to 31 lower-case letters"):
            stored(1, serializer)


class TestInputs:
    @pytest.mark.parametrize("serializer", [JSON, Upper()])
    def test_they_come_back_as_a_tuple_and_a_dict(self, serializer: object) -> None:
        text = encode_inputs(serializer, ("x", [1]), {"y": "z"}, MIB)
        assert decode_inputs(serializer, text) == (("x", [1]), {"y": "z"})

    def test_they_are_stored_as_the_console_shows_them(self) -> None:
        text = encode_inputs(JSON, (42,), {"at": (1,)}, MIB)
        assert text == '{"args":[42],"kwargs":{"at":{"~tuple":[1]}}}'

    def test_another_serializer_holds_the_same_object(self) -> None:
        text = encode_inputs(Reversed(), (1,), {}, MIB)
        assert text == "!reversed!" + "{'args': [1], 'kwargs': {}}"[::-1]

    def test_a_refusal_begins_with_the_argument(self) -> None:
        with pytest.raises(SerializationError) as caught:
            encode_inputs(JSON, (Point({"x": [1, 2, object()]}),), {}, MIB)
        assert caught.value.path == 'args[0].x["x"][2]'
        with pytest.raises(SerializationError) as caught:
            encode_inputs(JSON, (), {"order": (object(),)}, MIB, what="the inputs of f")
        assert str(caught.value) == (
            'kwargs["order"][0] (object): Values of this type cannot be stored. Pass '
            "plain data or a dataclass, or the key by which a step can load it. Nothing "
            "was stored of the inputs of f."
        )

    def test_a_malformed_argument_is_named(self) -> None:
        with pytest.raises(SerializationError) as caught:
            decode_inputs(JSON, '{"args":[{"~uuid":1}],"kwargs":{}}')
        assert caught.value.path == "args[0]"

    @pytest.mark.parametrize(
        "text", ["1", "[]", "{}", '{"args":[]}', '{"args":1,"kwargs":{}}', '"x"']
    )
    def test_what_are_no_inputs_is_refused(self, text: str) -> None:
        with pytest.raises(SerializationError) as caught:
            decode_inputs(JSON, text)
        assert caught.value.reason == (
            "The payload does not hold a call's arguments, {args, kwargs}."
        )

    def test_too_large_inputs_are_refused(self) -> None:
        with pytest.raises(PayloadTooLarge) as caught:
            encode_inputs(JSON, ("x" * 100,), {}, 100)
        assert caught.value.what == "the inputs"


def test_peeking_rebuilds_nothing() -> None:
    assert peek('{"~dataclass":"gone:Class","fields":{"a":1}}') == {
        "~dataclass": "gone:Class",
        "fields": {"a": 1},
    }
    assert peek("!reversed!x") is None
