"""A workflow called directly runs here, durably, once per id."""

import re
import threading

import pytest

import durable_engine as durable
from tests.engine.histories import status
from tests.support.shop.models import Order


@durable.workflow
def bare(value: int) -> int:
    """Double it."""
    return value * 2


@durable.workflow()
def called(value: int) -> int:
    return value * 3


@durable.workflow(name="tests.renamed", max_recovery_attempts=5)
def given_a_name() -> str | None:
    return durable.workflow_id


@durable.workflow
async def coroutine(value: int) -> int:
    return value * 5


class Till:
    @staticmethod
    @durable.workflow
    def static(value: int) -> int:
        return value + 1

    @classmethod
    @durable.workflow
    def of_class(cls, value: int) -> tuple[str, int]:
        return cls.__name__, value


class SmallTill(Till):
    """A till of another class."""


def name_of(workflow_id: str) -> str:
    found = durable.get_workflow_status(workflow_id)
    assert found is not None
    return found.name


class TestDecorator:
    def test_bare_and_called(self, engine_database):
        assert (bare(2), called(2)) == (4, 6)

    def test_signature_name_and_docstring_are_kept(self):
        assert (bare.__name__, bare.__doc__) == ("bare", "Double it.")
        with pytest.raises(TypeError, match="unexpected keyword argument 'nothing'"):
            bare.__wrapped__(1, nothing=2)

    def test_name_is_module_and_qualname(self, engine_database):
        with durable.SetWorkflowID("w-1"):
            bare(1)
        with durable.SetWorkflowID("w-2"):
            Till.static(1)
        assert name_of("w-1") == "tests.engine.primitives.test_workflow.bare"
        assert name_of("w-2") == "tests.engine.primitives.test_workflow.Till.static"

    def test_name_can_be_given(self, engine_database):
        with durable.SetWorkflowID("w-1"):
            given_a_name()
        assert name_of("w-1") == "tests.renamed"

    def test_static_methods(self, engine_database):
        assert (Till.static(1), Till().static(2)) == (2, 3)

    def test_class_methods(self, engine_database):
        with durable.SetWorkflowID("w-1"):
            assert Till.of_class(1) == ("Till", 1)
        assert name_of("w-1") == "tests.engine.primitives.test_workflow.Till.of_class"

    def test_class_method_of_a_subclass_is_called_with_it(self, worker):
        handle = durable.start_workflow(SmallTill.of_class, 2)
        assert handle.get_result() == ("SmallTill", 2)

    def test_two_functions_under_one_name_are_refused(self):
        @durable.workflow(name="tests.contested")
        def first() -> None: ...

        with pytest.raises(durable.ConflictingRegistration) as caught:

            @durable.workflow(name="tests.contested")
            def second() -> None: ...

        error = caught.value
        assert error.name == "tests.contested"
        assert str(error) == (
            f"The name 'tests.contested' is registered twice: by {error.first} and by "
            f"{error.second}. Give one of them another name with name=..."
        )
        for place, function in ((error.first, "first"), (error.second, "second")):
            assert re.search(rf"\.{function} at .*test_workflow\.py:\d+$", place)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                {"guard": "shout"},
                "guard must be one of ('raise', 'warn', 'off') or None, not 'shout'",
            ),
            (
                {"max_recovery_attempts": -1},
                "max_recovery_attempts must be 0 or more, not -1",
            ),
        ],
    )
    def test_options_are_checked(self, options, message):
        with pytest.raises(ValueError, match=re.escape(message)):
            durable.workflow(**options)


class TestDirectCall:
    def test_value_is_returned_and_recorded(self, engine_database):
        with durable.SetWorkflowID("w-1"):
            assert bare(value=21) == 42
        found = durable.get_workflow_status("w-1")
        assert found is not None
        assert (found.id, found.workflow_id) == ("w-1", "w-1")
        assert (found.status, found.output, found.error) == ("SUCCESS", 42, None)
        assert found.input == {"args": [], "kwargs": {"value": 21}}
        assert found.app_version == durable.application_version
        assert found.completed_at >= found.started_at >= found.created_at
        assert found.created_at.utcoffset() is not None

    def test_runs_in_the_callers_thread(self, engine_database):
        threads = []

        @durable.workflow
        def where() -> None:
            threads.append(threading.current_thread())

        where()
        assert threads == [threading.current_thread()]

    def test_error_is_recorded_and_raised_again_never_retried(self, engine_database):
        calls = []

        @durable.workflow
        def fail() -> None:
            calls.append(1)
            raise KeyError("lost")

        for _ in range(2):
            with durable.SetWorkflowID("w-1"), pytest.raises(KeyError) as caught:
                fail()
            assert caught.value.args == ("lost",)
        found = durable.get_workflow_status("w-1")
        assert (found.status, found.output) == ("ERROR", None)
        assert (type(found.error), found.error.args) == (KeyError, ("lost",))
        durable.launch()
        durable.resume_workflow("w-1")
        assert (status("w-1"), calls) == ("ERROR", [1])

    def test_result_that_cannot_be_stored_is_its_error(self, engine_database):
        @durable.workflow
        def unstorable() -> object:
            return {"deep": [object()]}

        with durable.SetWorkflowID("w-1"), pytest.raises(durable.SerializationError):
            unstorable()
        found = durable.get_workflow_status("w-1")
        assert found.status == "ERROR"
        assert found.error.path.endswith('["deep"][0]')

    async def test_coroutine(self, engine_database):
        with durable.SetWorkflowID("w-1"):
            assert await coroutine(2) == 10
        with durable.SetWorkflowID("w-1"):
            assert await coroutine(3) == 10
        handle = await durable.retrieve_workflow_async("w-1")
        assert (await handle.get_status()).status == "SUCCESS"

    async def test_coroutine_that_fails(self, engine_database):
        @durable.workflow
        async def fail() -> None:
            raise LookupError("gone")

        with durable.SetWorkflowID("w-1"), pytest.raises(LookupError, match="gone"):
            await fail()
        handle = await durable.retrieve_workflow_async("w-1")
        assert (await handle.get_status()).status == "ERROR"

    async def test_refused_on_a_running_event_loop(self, engine_database):
        with pytest.raises(durable.SynchronousCallInEventLoop) as caught:
            bare(1)
        assert str(caught.value) == (
            "tests.engine.primitives.test_workflow.bare() was called while an event "
            "loop is running; use await start_workflow_async()"
        )


class TestArguments:
    def test_input_that_cannot_be_stored_starts_nothing(self, engine_database):
        with (
            durable.SetWorkflowID("w-1"),
            pytest.raises(durable.SerializationError) as caught,
        ):
            bare({"when": object()})
        assert caught.value.path == 'args[0]["when"]'
        assert durable.get_workflow_status("w-1") is None

    def test_model_instance_is_refused_with_the_hint(self, engine_database):
        order = Order.objects.create(reference="A-1")
        with pytest.raises(durable.SerializationError, match="primary key") as caught:
            bare(order)
        assert caught.value.path == "args[0]"
        assert durable.list_workflows() == []

    def test_input_larger_than_the_limit_starts_nothing(
        self, engine_database, settings
    ):
        settings.DURABLE_ENGINE = {"MAX_PAYLOAD_BYTES": 1000}
        with pytest.raises(durable.PayloadTooLarge) as caught:
            bare("x" * 1000)
        assert str(caught.value) == (
            f"The payload of the inputs has {caught.value.size_bytes:,} bytes and the "
            "limit is 1,000; nothing was stored. Store the data elsewhere and pass its "
            "key, or raise DURABLE_ENGINE['MAX_PAYLOAD_BYTES']."
        )
        assert durable.list_workflows() == []
