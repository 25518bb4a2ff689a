"""An error is always recorded, and given back as itself wherever that is safe."""

import logging
import sys
import traceback
import urllib.error
from email.message import Message
from typing import Any

import orjson
import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from durable_engine.errors import (
    MaxStepRetriesExceeded,
    WorkflowCancelled,
    WorkflowFailed,
)
from durable_engine.serialization import (
    RecordedError,
    decode_error,
    encode_error,
    read_error,
)
from tests.serialization.samples import (
    PlainError,
    Price,
    TwoArguments,
    Unprintable,
    same,
    unhurried,
)

LIMIT = 1024 * 1024
HERE = "tests.serialization.samples"


def raised(error: BaseException) -> BaseException:
    """Raise an error and catch it, so that it has a traceback."""
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def given_back(error: BaseException, limit_bytes: int = LIMIT) -> Any:
    return decode_error("w-1", encode_error(raised(error), limit_bytes=limit_bytes))


@pytest.mark.parametrize(
    "error",
    [
        ValueError("bad", 3, (1, {2})),
        PlainError(Price(amount=1)),
        ValidationError("Too %(what)s", code="long", params={"what": "long"}),
        FileNotFoundError(2, "No such file", "a.txt"),
        MaxStepRetriesExceeded("charge", 2, [ValueError("a"), PlainError("b")]),
        ExceptionGroup("both", [ValueError("a"), TwoArguments(1, reason="b")]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_comes_back_as_itself(error: Exception) -> None:
    rebuilt = given_back(error)
    assert type(rebuilt) is type(error)
    assert same(rebuilt.args, error.args)
    assert str(rebuilt) == str(error)


def test_no_constructor_of_a_user_is_called() -> None:
    error = TwoArguments({"id": (1,)}, reason="late")
    error.add_note("a note")
    built = TwoArguments.built
    rebuilt = given_back(error)
    assert TwoArguments.built == built
    assert same(rebuilt, error)
    assert rebuilt.__notes__ == ["a note"]


def test_a_record_says_what_happened_without_the_class() -> None:
    error = raised(TwoArguments(7, reason="late"))
    stored = encode_error(error, limit_bytes=LIMIT)
    assert read_error(stored) == RecordedError(
        type_name=f"{HERE}.TwoArguments",
        message="7: late",
        traceback_text="".join(traceback.format_exception(error)),
    )


def test_an_error_whose_class_is_not_imported_is_stood_in_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = encode_error(raised(PlainError("x")), limit_bytes=LIMIT)
    monkeypatch.delitem(sys.modules, HERE)
    rebuilt = decode_error("w-1", stored)
    assert type(rebuilt) is WorkflowFailed
    assert rebuilt.workflow_id == "w-1"
    assert rebuilt.type_name == f"{HERE}.PlainError"
    assert rebuilt.error_message == "x"
    assert rebuilt.traceback_text.startswith("Traceback (most recent call last):\n")
    assert str(rebuilt) == (
        f"Workflow 'w-1' failed with {HERE}.PlainError: x (its class could not be "
        "rebuilt in this process; the recorded traceback is in .traceback_text)"
    )


def test_only_the_inner_error_is_stood_in_for(monkeypatch: pytest.MonkeyPatch) -> None:
    error = MaxStepRetriesExceeded("charge", 2, [ValueError("a"), PlainError("b")])
    stored = encode_error(error, limit_bytes=LIMIT)
    monkeypatch.delitem(sys.modules, HERE)
    rebuilt = decode_error("w-1", stored)
    assert isinstance(rebuilt, MaxStepRetriesExceeded)
    first, second = rebuilt.errors
    assert repr(first) == "ValueError('a')"
    assert repr(second) == f"WorkflowFailed('w-1', '{HERE}.PlainError', 'b', '')"


def test_a_local_class_is_stood_in_for() -> None:
    class Local(Exception):  # noqa: N818 - as users name theirs
        pass

    rebuilt = given_back(Local("x"))
    assert isinstance(rebuilt, WorkflowFailed)
    assert rebuilt.type_name.endswith("<locals>.Local")


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt("stop"), WorkflowCancelled("w"), SystemExit(3)]
)
def test_what_is_no_exception_is_stood_in_for(error: BaseException) -> None:
    rebuilt = given_back(error)
    assert isinstance(rebuilt, WorkflowFailed)
    assert rebuilt.error_message == str(error)


def test_an_argument_that_cannot_be_stored_becomes_its_text() -> None:
    class Lock:
        def __str__(self) -> str:
            return "a lock"

    error = PlainError("held", lock := Lock())
    error.lock = lock
    error.owner = "Ada"
    error.other = Lock()
    rebuilt = given_back(error)
    assert rebuilt.args == ("held", "a lock")
    assert vars(rebuilt) == {"owner": "Ada"}


def test_an_error_with_a_file_inside_can_still_be_printed() -> None:
    error = urllib.error.HTTPError("http://x/", 404, "Gone", Message(), None)
    rebuilt = given_back(error)
    assert type(rebuilt) is urllib.error.HTTPError
    assert (rebuilt.code, str(rebuilt)) == (404, "HTTP Error 404: Gone")
    error.close()


def test_causes_come_back() -> None:
    error = ValueError("outer")
    error.__cause__ = PlainError("cause")
    error.__cause__.__context__ = TwoArguments(1, reason="context")
    rebuilt = given_back(error)
    assert same(rebuilt.__cause__, error.__cause__)
    assert same(rebuilt.__cause__.__context__, error.__cause__.__context__)
    assert rebuilt.__suppress_context__


def test_a_suppressed_context_is_left_out() -> None:
    error = ValueError("outer")
    error.__context__ = PlainError("hidden")
    error.__suppress_context__ = True
    assert given_back(error).__context__ is None


@pytest.mark.parametrize("link", ["__cause__", "__context__"])
def test_a_chain_is_bounded(link: str) -> None:
    first = error = ValueError(0)
    for number in range(1, 50):
        setattr(error, link, ValueError(number))
        error = getattr(error, link)
    rebuilt, length = given_back(first), 0
    while rebuilt := getattr(rebuilt, link):
        length += 1
    assert length == 8


def test_a_chain_that_is_a_circle_is_bounded() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert repr(given_back(one).__cause__) == "ValueError('other')"


@pytest.mark.parametrize(
    "error",
    [
        Unprintable(),
        Unprintable(Unprintable()),
        ValueError("\x00\ud800" * 10),
        ValueError(object()),
        ValueError(float("nan"), 2**70),
        RecursionError("deep"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_is_recorded(error: Exception) -> None:
    stored = encode_error(raised(error), limit_bytes=LIMIT)
    assert "\x00" not in stored
    stored.encode("utf-8")
    assert type(decode_error("w-1", stored)) is type(error)
    recorded = read_error(stored)
    assert "\x00" not in recorded.message + recorded.traceback_text


def test_an_error_that_cannot_be_printed_says_so() -> None:
    stored = encode_error(Unprintable(), limit_bytes=LIMIT)
    assert read_error(stored).message == "<Unprintable whose str() raised RuntimeError>"


def test_nul_and_surrogates_are_written_out_in_texts_and_kept_in_arguments() -> None:
    stored = encode_error(ValueError("a\x00\ud800"), limit_bytes=LIMIT)
    assert read_error(stored).message == "a\\x00\\ud800"
    assert decode_error("w-1", stored).args == ("a\x00\ud800",)


def test_a_deep_argument_does_not_stop_the_record() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    rebuilt = given_back(PlainError("deep", deep))
    assert rebuilt.args == ("deep", "<list whose str() raised RecursionError>")


def test_an_error_that_fights_back_is_recorded_by_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Hostile(Exception):  # noqa: N818 - as users name theirs
        @property
        def __cause__(self) -> Any:
            raise ZeroDivisionError

    with caplog.at_level(logging.WARNING):
        stored = encode_error(Hostile("x"), limit_bytes=LIMIT)
    assert read_error(stored).message == "x"
    assert caplog.messages == ["An error of type Hostile cannot be stored whole"]


@unhurried
@given(
    st.text(st.characters(), max_size=200),
    st.sampled_from([64, 100, 500, 1_000, 2_000, 5_000]),
)
def test_a_record_keeps_within_its_limit(message: str, limit_bytes: int) -> None:
    error = raised(ValueError(message * 20))
    stored = encode_error(error, limit_bytes=limit_bytes)
    assert len(stored.encode()) <= limit_bytes
    assert read_error(stored).type_name == "ValueError"
    assert isinstance(decode_error("w-1", stored), ValueError | WorkflowFailed)


def test_texts_are_cut_in_the_middle() -> None:
    stored = encode_error(PlainError("a" * 50_000 + "z" * 50_000), limit_bytes=LIMIT)
    message = read_error(stored).message
    assert message.startswith("aaaa")
    assert message.endswith("zzzz")
    assert " ... 67232 characters left out ... " in message
    assert len(decode_error("w-1", stored).args[0]) == 100_000


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "{",
        "[]",
        "1",
        '"x"',
        "null",
        "{}",
        "!pickle!x:y",
        '{"type":1}',
        '{"type":"T","message":[],"error":[]}',
        '{"type":"T","message":"m","error":{"~tuple":[1]}}',
        '{"type":"T","message":"m","error":{"~exception":"os:system","args":["ls"]}}',
        (
            '{"type":"T","message":"m","error":{"~exception":"builtins:ValueError",'
            '"args":[],"shared":{},"state":{}},"cause":3}'
        ),
        "[" * 100_000,
        '{"cause":' * 900 + "1" + "}" * 900,
    ],
)
def test_a_row_that_is_no_record_gives_a_stand_in(stored: str) -> None:
    rebuilt = decode_error("w-1", stored)
    assert type(rebuilt) is WorkflowFailed
    assert rebuilt.workflow_id == "w-1"


def test_a_row_that_cannot_be_read_is_quoted() -> None:
    assert read_error("!pickle!x") == RecordedError(
        type_name="unknown",
        message="The stored error is not readable: !pickle!x",
        traceback_text="",
    )


def test_the_stored_form_is_what_older_rows_have() -> None:
    error = TwoArguments(7, reason="late")
    error.__cause__ = KeyError("k")
    assert orjson.loads(encode_error(error, limit_bytes=LIMIT)) == {
        "type": f"{HERE}.TwoArguments",
        "message": "7: late",
        "error": {
            "~exception": f"{HERE}:TwoArguments",
            "message": "7: late",
            "args": ["7: late"],
            "shared": {},
            "state": {"order": 7, "reason": "late"},
        },
        "cause": {
            "type": "KeyError",
            "message": "'k'",
            "error": {
                "~exception": "builtins:KeyError",
                "message": "'k'",
                "args": ["k"],
                "shared": {},
                "state": {},
            },
        },
        "traceback": (
            "KeyError: 'k'\n\nThe above exception was the direct cause of the "
            f"following exception:\n\n{HERE}.TwoArguments: 7: late\n"
        ),
    }
