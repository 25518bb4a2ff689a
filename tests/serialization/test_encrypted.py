"""Payloads under keys: who can read them, and how keys change."""

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import checks
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import override_settings

import durable_engine as durable
from durable_engine import conf
from durable_engine.errors import SerializationError, WorkflowFailed
from durable_engine.models import Event, Message, Step, StreamEntry, Workflow
from durable_engine.serialization import (
    EncryptedSerializer,
    JSONSerializer,
    PickleSerializer,
    decode,
    decode_error,
    encode,
    encode_error,
    is_sealed,
    opened,
    read_error,
)
from durable_engine.serialization.sealing import key_name, sealed
from tests.engine.conftest import engine_database, worker
from tests.faults.harness.fleet import until

__all__ = ["engine_database", "worker"]

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
JSON = "durable_engine.serialization.JSONSerializer"
SERIALIZER = "durable_engine.serialization.EncryptedSerializer"
SECRET = "4111 1111 1111 1111"  # noqa: S105 - of a payload


class EncryptedPickle(EncryptedSerializer):
    inner_class = PickleSerializer


def keys(*given: str, serializer: str = SERIALIZER) -> Any:
    """Let these be the keys, and payloads encrypted, for a while."""
    return override_settings(
        DURABLE_ENGINE={"ENCRYPTION_KEYS": given, "SERIALIZER": serializer}
    )


@pytest.fixture
def encrypted(engine_database: str) -> Iterator[None]:
    """The engine of this process encrypts under the old key."""
    with keys(OLD):
        yield


@durable.step
def charge(card):
    return f"charged {card}"


@durable.step(retries_allowed=True, max_attempts=2, interval_seconds=0.001)
def refuse(card):
    raise ValueError(card)


@durable.workflow
def pay(card):
    durable.set_event("card", card)
    durable.write_stream("cards", card)
    said = durable.recv(timeout_seconds=30)
    return [charge(card), said]


@durable.workflow
def fail(card):
    refuse(card)


def stored_texts() -> list[str]:
    """Every payload in the database, as it stands there."""
    columns = {
        Workflow: ("inputs", "output", "error"),
        Step: ("output", "error"),
        Event: ("value",),
        Message: ("body",),
        StreamEntry: ("value",),
    }
    rows = (model.objects.values_list(*names) for model, names in columns.items())
    return [text for some in rows for row in some for text in row if text is not None]


class TestText:
    def test_comes_back_and_tells_nothing(self):
        with keys(OLD):
            text = encode(
                EncryptedSerializer(), {"a": (1, SECRET)}, what="x", limit_bytes=999
            )
            assert text.startswith(f"!encrypted!{key_name(OLD)}.")
            assert SECRET not in text
            assert text != encode(
                EncryptedSerializer(), {"a": (1, SECRET)}, what="x", limit_bytes=999
            )
            assert decode(EncryptedSerializer(), text) == {"a": (1, SECRET)}

    def test_wraps_another_serializer(self):
        with keys(OLD, serializer=f"{__name__}.EncryptedPickle"):
            text = encode(EncryptedPickle(), 1j, what="x", limit_bytes=9999)
            assert opened(text).startswith("!pickle!")
            assert decode(EncryptedPickle(), text) == 1j

    def test_plain_rows_and_a_serializer_that_encrypts_no_more(self):
        with keys(OLD):
            assert decode(EncryptedSerializer(), '{"a":1}') == {"a": 1}
            text = encode(EncryptedSerializer(), [SECRET], what="x", limit_bytes=999)
        with keys(NEW, OLD, serializer=JSON):
            assert decode(JSONSerializer(), text) == [SECRET]

    def test_first_key_encrypts_and_all_decrypt(self):
        with keys(OLD):
            text = encode(EncryptedSerializer(), SECRET, what="x", limit_bytes=999)
        with keys(NEW, OLD):
            assert decode(EncryptedSerializer(), text) == SECRET
            again = encode(EncryptedSerializer(), SECRET, what="x", limit_bytes=999)
            assert again.startswith(f"!encrypted!{key_name(NEW)}.")

    def test_unknown_key_is_named(self):
        with keys(OLD):
            text = encode(EncryptedSerializer(), SECRET, what="x", limit_bytes=999)
        with keys(NEW, OTHER), pytest.raises(SerializationError) as caught:
            decode(EncryptedSerializer(), text)
        assert caught.value.reason == (
            f"It is encrypted under the key '{key_name(OLD)}', and the keys of this "
            f"process are: {key_name(NEW)}, {key_name(OTHER)}. Add that key to "
            "DURABLE_ENGINE['ENCRYPTION_KEYS']."
        )

    @pytest.mark.parametrize("place", [25, -1])
    def test_changed_text_is_refused(self, place):
        with keys(OLD):
            text = sealed('{"a":1}')
            changed = list(text)
            changed[place] = "A" if changed[place] != "A" else "B"
            with pytest.raises(SerializationError, match="It was changed after it was"):
                opened("".join(changed))

    def test_errors_are_encrypted_too(self):
        with keys(OLD):
            serializer = EncryptedSerializer()
            text = encode_error(
                ValueError(SECRET), limit_bytes=9999, serializer=serializer
            )
            assert is_sealed(text)
            assert SECRET not in text
            assert read_error(text).message == SECRET
            error = decode_error("w", text)
            assert (type(error), error.args) == (ValueError, (SECRET,))
            huge = encode_error(
                ValueError("x" * 99_999), limit_bytes=20_000, serializer=serializer
            )
            assert len(huge) <= 20_000
            assert read_error(huge).type_name == "ValueError"
        with keys(NEW):
            error = decode_error("w", text)
            assert isinstance(error, WorkflowFailed)
            assert f"under the key '{key_name(OLD)}'" in error.error_message


class TestChecks:
    def found(self) -> list[str]:
        messages = checks.run_checks(tags=["compatibility", "security"])
        return [m.msg for m in messages if m.id in ("durable.E001", "durable.E004")]

    def test_no_key(self):
        with keys():
            (found,) = self.found()
            assert found == (
                "DURABLE_ENGINE['SERIALIZER'] encrypts, and "
                "DURABLE_ENGINE['ENCRYPTION_KEYS'] is empty: add one made by "
                "cryptography.fernet.Fernet.generate_key()"
            )

    def test_keys_that_are_none_are_never_shown(self):
        with keys("not-a-key!", OLD[:-8], b"x" * 32):  # type: ignore[arg-type]
            name = "DURABLE_ENGINE['ENCRYPTION_KEYS']"
            assert self.found() == [
                f"{name}[0] is not url-safe base64",
                f"{name}[1] is not text of 32 bytes",
                f"{name}[2] is not text of 32 bytes",
            ]
        with override_settings(DURABLE_ENGINE={"ENCRYPTION_KEYS": OLD}):
            assert self.found() == [f"{name} is str"]
        with keys(OLD):
            assert OLD not in repr(conf.settings())


@pytest.mark.usefixtures("encrypted", "worker")
class TestEngine:
    def test_nothing_is_stored_in_the_clear(self):
        handle = durable.start_workflow(pay, SECRET)
        durable.send(handle.workflow_id, f"thanks for {SECRET}")
        failed = durable.start_workflow(fail, SECRET)
        assert handle.get_result() == [f"charged {SECRET}", f"thanks for {SECRET}"]
        assert durable.get_event(handle.workflow_id, "card") == SECRET
        with pytest.raises(durable.MaxStepRetriesExceeded, match=SECRET):
            failed.get_result()
        texts = stored_texts()
        assert len(texts) >= 10
        assert [text for text in texts if SECRET in text] == []
        found = durable.get_workflow_status(handle.workflow_id)
        assert found.input == {"args": [SECRET], "kwargs": {}}
        steps = durable.list_workflow_steps(handle.workflow_id)
        assert steps[3].output == f"charged {SECRET}"

    def test_search_in_inputs_finds_nothing(self):
        durable.start_workflow(fail, SECRET)
        assert durable.list_workflows(search=SECRET) == []
        (row,) = Workflow.objects.all()
        assert durable.list_workflows(search=row.inputs[30:40]) == []
        assert len(durable.list_workflows(search="fail")) == 1

    def test_rotation_while_a_workflow_waits(self, capsys):
        done = durable.start_workflow(fail, SECRET).workflow_id
        with pytest.raises(durable.MaxStepRetriesExceeded):
            durable.retrieve_workflow(done).get_result()
        waiting = durable.start_workflow(pay, SECRET).workflow_id
        assert next(durable.read_stream(waiting, "cards")) == SECRET
        before = sum(map(is_sealed, stored_texts()))
        refused = pytest.raises(CommandError, match=r"\d+ payloads are encrypted under")
        with keys(OTHER), refused:
            call_command("durable_rotate_keys")
        capsys.readouterr()
        with keys(NEW, OLD):
            call_command("durable_rotate_keys", batch=1)
            lines = capsys.readouterr().out.splitlines()
            assert lines[0] == (
                "durable_engine_workflow (default): 3 payloads rewritten, 2 rows read"
            )
            call_command("durable_rotate_keys")
            assert "0 payloads rewritten" in capsys.readouterr().out
        with keys(NEW):
            current = f"!encrypted!{key_name(NEW)}."
            texts = [text for text in stored_texts() if is_sealed(text)]
            assert len(texts) == before
            assert [text for text in texts if not text.startswith(current)] == []
            durable.launch()
            durable.send(waiting, "go on")
            result = durable.retrieve_workflow(waiting).get_result()
            assert result == [f"charged {SECRET}", "go on"]
            call_command("durable_rotate_keys", decrypt=True)
            assert [text for text in stored_texts() if is_sealed(text)] == []
            assert any(SECRET in text for text in stored_texts())


@durable.workflow
def charge_it(card):
    return charge(card)


@durable.workflow
def pays_when_told(card):
    return [charge(card), durable.recv(timeout_seconds=None)]


def left_to_others(workflow_id: str) -> None:
    """Return once a worker has begun it, and given it back for a later instant."""
    begun = Workflow.objects.filter(pk=workflow_id, epoch__gt=0)
    left = begun.filter(status="PENDING", executor_id=None, wake_at__gt=F("updated_at"))
    until(left.exists, "it is left to others")


class TestWithoutTheKey:
    def test_inputs_are_left_to_others(self, engine_database, caplog):
        with keys(OLD):
            workflow_id = durable.start_workflow(charge_it, SECRET).workflow_id
        with keys(OTHER):
            durable.launch()
            left_to_others(workflow_id)
            durable.destroy()
        assert f"under the key '{key_name(OLD)}'" in caplog.text
        with keys(OTHER, OLD):
            durable.launch()
            handle = durable.retrieve_workflow(workflow_id)
            assert handle.get_result() == f"charged {SECRET}"

    def test_results_of_steps_are_left_to_others(self, engine_database, caplog):
        workflow_id = durable.start_workflow(pays_when_told, "plain").workflow_id
        recorded = Step.objects.filter(workflow_id=workflow_id, position=1)
        with keys(OLD):
            durable.launch()
            until(recorded.exists, "the step is recorded")
            durable.destroy()
        with keys(OTHER):
            durable.launch()
            until(lambda: "left to others" in caplog.text, "it says so")
            left_to_others(workflow_id)
            durable.destroy()
        with keys(OLD):
            durable.launch()
            durable.send(workflow_id, "thanks")
            result = durable.retrieve_workflow(workflow_id).get_result()
        assert result == ["charged plain", "thanks"]
