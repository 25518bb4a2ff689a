"""Ids make calls idempotent; starts return once they are durable."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import durable_engine as durable
from tests.engine.histories import happened, status
from tests.support.shop.models import Note

NO_ID = "a workflow id must have 1 to 255 characters that are not all blank"


class TestSetWorkflowID:
    def test_body_runs_once(self, engine_database):
        calls = []

        @durable.workflow
        def checkout(order):
            calls.append(order)
            return f"paid {order}"

        for order in (42, 43):
            with durable.SetWorkflowID("order-42"):
                assert checkout(order) == "paid 42"
        with durable.SetWorkflowID("order-42"):
            assert durable.start_workflow(checkout, 44).get_result() == "paid 42"
        assert calls == [42]

    def test_only_the_first_of_the_block_gets_it(self, engine_database):
        @durable.workflow
        def program():
            return durable.workflow_id

        with durable.SetWorkflowID("w-1"):
            first, second = program(), program()
        assert first == "w-1"
        assert second != "w-1"

    def test_blocks_nest(self, engine_database):
        @durable.workflow
        def program():
            return durable.workflow_id

        with durable.SetWorkflowID("outer"):
            with durable.SetWorkflowID("inner"):
                assert program() == "inner"
            assert program() == "outer"

    def test_id_of_another_function_conflicts(self, engine_database):
        @durable.workflow(name="tests.pay")
        def pay(): ...

        @durable.workflow(name="tests.ship")
        def ship(): ...

        def enqueue(function):
            return durable.enqueue_workflow("anything", function)

        with durable.SetWorkflowID("w-1"):
            pay()
        for call in (lambda f: f(), durable.start_workflow, enqueue):
            with (
                durable.SetWorkflowID("w-1"),
                pytest.raises(durable.ConflictingWorkflow) as caught,
            ):
                call(ship)
            assert str(caught.value) == (
                "Workflow id 'w-1' belongs to 'tests.pay' and was used to call "
                "'tests.ship'; nothing was started. Use another id."
            )

    def test_second_call_waits_for_the_first(self, engine_database):
        began, release = threading.Event(), threading.Event()
        calls = []

        @durable.workflow
        def slow():
            calls.append(1)
            began.set()
            happened(release)
            return "done"

        def call(_):
            with durable.SetWorkflowID("w-1"):
                return slow()

        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(call, 1)
            happened(began)
            second = pool.submit(call, 2)
            release.set()
            assert (first.result(30), second.result(30)) == ("done", "done")
        assert calls == [1]

    @pytest.mark.parametrize("function_fails", [False, True])
    def test_hundred_threads_one_execution(self, engine_database, function_fails):
        calls = []
        ready = threading.Barrier(100)

        @durable.step
        def write():
            calls.append(1)
            Note.objects.create(text="once")

        @durable.workflow
        def program():
            write()
            if function_fails:
                raise KeyError("for all")
            return "for all"

        def call(_):
            ready.wait(60)
            with durable.SetWorkflowID("w-1"):
                try:
                    return program()
                except KeyError as error:
                    return error.args[0]

        with ThreadPoolExecutor(100) as pool:
            results = list(pool.map(call, range(100)))
        assert results == ["for all"] * 100
        assert (calls, Note.objects.count()) == ([1], 1)

    @pytest.mark.parametrize(
        ("workflow_id", "message"),
        [
            (
                "",
                (
                    "a workflow id must have 1 to 255 characters that are not all "
                    "blank; '' has 0"
                ),
            ),
            (
                "x" * 256,
                (
                    "a workflow id must have 1 to 255 characters that are not all "
                    f"blank; '{'x' * 40}…' has 256"
                ),
            ),
            (
                "a\nb",
                "a workflow id must hold printable characters only: 'a\\nb'",
            ),
        ],
    )
    def test_id_must_be_printable_and_short(self, workflow_id, message):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            durable.SetWorkflowID(workflow_id)

    @pytest.mark.parametrize("workflow_id", ["a/b", "..", "50%", "é 漢", "x" * 255])
    def test_accepted_ids(self, engine_database, workflow_id):
        @durable.workflow
        def program():
            return durable.workflow_id

        with durable.SetWorkflowID(workflow_id):
            assert program() == workflow_id
        assert status(workflow_id) == "SUCCESS"


class TestStartWorkflow:
    def test_without_a_worker_it_is_durable_and_waits(self, engine_database):
        @durable.workflow
        def program(value, *, word):
            return value, word

        handle = durable.start_workflow(program, 1, word="x")
        found = handle.get_status()
        assert (found.status, found.executor_id, found.started_at) == (
            "ENQUEUED",
            None,
            None,
        )
        assert found.input == {"args": [1], "kwargs": {"word": "x"}}
        durable.launch(threads=2)
        assert handle.get_result() == (1, "x")

    def test_with_a_worker_it_begins_here_at_once(self, worker):
        began, release = threading.Event(), threading.Event()

        @durable.workflow
        def program():
            began.set()
            happened(release)
            return durable.executor_id

        handle = durable.start_workflow(program)
        happened(began)
        found = handle.get_status()
        assert (found.status, found.executor_id) == ("PENDING", durable.executor_id)
        assert found.queue_name is None
        release.set()
        assert handle.get_result() == durable.executor_id

    def test_runs_on_a_copy_of_its_arguments(self, worker):
        release = threading.Event()

        @durable.workflow
        def program(values):
            happened(release)
            return values

        given = [1]
        handle = durable.start_workflow(program, given)
        given.append(2)
        release.set()
        assert handle.get_result() == [1]

    async def test_twin_and_coroutines(self, worker):
        @durable.workflow
        async def program(value):
            return value + 1

        @durable.workflow
        def ordinary(value):
            return value * 2

        first = await durable.start_workflow_async(program, 1)
        second = await durable.start_workflow_async(ordinary, 2)
        assert [await first.get_result(), await second.get_result()] == [2, 4]

    def test_undecorated_function_is_refused(self, engine_database):
        def plain(): ...

        with pytest.raises(durable.UnregisteredWorkflow) as caught:
            durable.start_workflow(plain)
        assert caught.value.name.endswith("plain")

    def test_ids_of_one_process_are_ordered_in_time(self, engine_database):
        @durable.workflow
        def program(): ...

        ids = [durable.start_workflow(program).workflow_id for _ in range(20)]
        assert ids == sorted(ids)
        assert {one[14] for one in ids} == {"7"}

    def test_input_that_cannot_be_stored_starts_nothing(self, engine_database):
        @durable.workflow
        def program(value): ...

        for start in (durable.start_workflow, durable.Queue("refusals").enqueue):
            with pytest.raises(durable.SerializationError) as caught:
                start(program, value=[object()])
            assert caught.value.path == 'kwargs["value"][0]'
        assert durable.list_workflows() == []


class TestAttributes:
    def test_attributes_and_subject(self, engine_database):
        note = Note.objects.create(text="subject")

        @durable.workflow
        def program(): ...

        with durable.SetWorkflowAttributes({"customer": 7}, subject=note):
            handle = durable.start_workflow(program)
        assert handle.get_status().attributes == {"customer": 7}
        assert [one.id for one in durable.workflows_for(note)] == [handle.workflow_id]
        other = Note.objects.create(text="other")
        assert durable.workflows_for(other) == []

    def test_children_do_not_take_them_over(self, engine_database):
        @durable.workflow
        def child():
            return durable.workflow_id

        @durable.workflow
        def program():
            return child()

        with durable.SetWorkflowAttributes({"customer": 7}):
            child_id = program()
        assert durable.get_workflow_status(child_id).attributes is None

    def test_subject_must_be_saved(self, engine_database):
        @durable.workflow
        def program(): ...

        with (
            durable.SetWorkflowAttributes(subject=Note(text="new")),
            pytest.raises(ValueError, match="subject must be a saved model instance"),
        ):
            durable.start_workflow(program)


class TestOptionsOfQueues:
    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("deduplication_id", "d"),
            ("priority", 5),
            ("delay_seconds", 30),
            ("queue_partition_key", "k"),
            ("duplication_policy", "return-existing"),
        ],
    )
    def test_a_start_without_a_queue_refuses_them(self, option, value, engine_database):
        @durable.workflow
        def program(): ...

        message = (
            f"{option}={value!r} of SetEnqueueOptions needs a queue, and this workflow "
            "is not enqueued: use enqueue_workflow(), or start it outside that block"
        )
        with (
            durable.SetEnqueueOptions(**{option: value}),
            durable.SetWorkflowID("w"),
            pytest.raises(ValueError, match=f"^{re.escape(message)}$"),
        ):
            durable.start_workflow(program)
        assert durable.get_workflow_status("w") is None

    def test_the_version_counts(self, worker):
        @durable.workflow
        def program(): ...

        with durable.SetEnqueueOptions(app_version="next"):
            handle = durable.start_workflow(program)
        found = handle.get_status()
        assert (found.app_version, found.status) == ("next", "ENQUEUED")

    def test_a_body_does_not_inherit_them(self, engine_database):
        @durable.workflow
        def child(): ...

        @durable.workflow
        def program():
            return durable.start_workflow(child).workflow_id

        with durable.SetEnqueueOptions(priority=5):
            assert durable.get_workflow_status(program()).priority == 0
