"""Pickle is opt-in, signed, and never read by anyone who did not opt in."""

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.signing import Signer
from django.test import override_settings

from durable_engine.errors import SerializationError
from durable_engine.serialization import (
    JSONSerializer,
    PickleSerializer,
    decode,
    decode_inputs,
    encode,
    encode_inputs,
)
from tests.serialization.samples import Pickled

PICKLE = PickleSerializer()
UNSIGNED = (
    "The signature does not match, so nothing was unpickled. The row was changed, or "
    "SECRET_KEY was: keep the old key in SECRET_KEY_FALLBACKS."
)


@pytest.fixture
def no_unpickling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test that unpickles anything."""
    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, lambda *_: pytest.fail("it was unpickled"))


def test_what_only_pickle_holds_comes_back() -> None:
    value = [complex(1, 2), Pickled({3}), (datetime(2024, 1, 1, tzinfo=UTC),)]
    text = encode(PICKLE, value, what="x", limit_bytes=10_000)
    assert text.startswith("!pickle!")
    assert text.isascii()
    assert decode(PICKLE, text) == value


def test_inputs_come_back() -> None:
    text = encode_inputs(PICKLE, (1, (2,)), {"a": 1j}, 10_000)
    assert decode_inputs(PICKLE, text) == ((1, (2,)), {"a": 1j})


@pytest.mark.usefixtures("no_unpickling")
@pytest.mark.parametrize(
    "tamper",
    [
        lambda text: "A" + text[1:],
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text.rpartition(":")[0],
        lambda text: "",
    ],
)
def test_a_changed_row_is_not_unpickled(tamper: Any) -> None:
    with pytest.raises(SerializationError) as caught:
        PICKLE.loads(tamper(PICKLE.dumps({"a": 1})))
    assert str(caught.value) == f"value (pickle): {UNSIGNED}"


@pytest.mark.usefixtures("no_unpickling")
def test_the_default_serializer_never_unpickles() -> None:
    text = encode(PICKLE, {"a": 1}, what="x", limit_bytes=10_000)
    with pytest.raises(SerializationError) as caught:
        decode(JSONSerializer(), text)
    assert caught.value.reason == (
        "The payload was written by serializer 'pickle' and this process is configured "
        "with 'json', so it was not read. Set DURABLE_ENGINE['SERIALIZER'] to the "
        "serializer of that name."
    )


def keys(key: str, *older: str) -> override_settings:
    return override_settings(SECRET_KEY=key, SECRET_KEY_FALLBACKS=[*older])


def test_another_key_does_not_match_and_an_old_key_does() -> None:
    with keys("old"):
        text = PICKLE.dumps(1)
    with keys("new"), pytest.raises(SerializationError, match="does not match"):
        PICKLE.loads(text)
    with keys("new", "old"):
        assert PICKLE.loads(text) == 1


def test_a_signature_made_for_something_else_does_not_match() -> None:
    with pytest.raises(SerializationError, match="signature does not match"):
        PICKLE.loads(Signer().sign(PICKLE.dumps(1).rpartition(":")[0]))


def test_what_cannot_be_pickled_is_refused() -> None:
    with pytest.raises(SerializationError) as caught:
        PICKLE.dumps(lambda: 1)
    assert caught.value.path == "value"
    assert caught.value.type_name == "function"
    assert caught.value.reason.startswith("It cannot be pickled: ")
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(SerializationError, match="It cannot be pickled"):
        PICKLE.dumps(deep)


def test_what_cannot_be_unpickled_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    text = PICKLE.dumps(Pickled(1))
    monkeypatch.delattr("tests.serialization.samples.Pickled")
    with pytest.raises(SerializationError) as caught:
        PICKLE.loads(text)
    assert caught.value.reason.startswith(
        "It cannot be unpickled in this process: AttributeError: "
    )
