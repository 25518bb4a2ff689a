"""Enqueued workflows begin in order, wherever the queue is served."""

import re

import pytest

import durable_engine as durable
from tests.engine.histories import status
from tests.support.shop.models import Note

queue = durable.Queue("tests-order")


@durable.step
def write(text):
    Note.objects.create(text=text)


@durable.workflow
def note(text, *, loud=False):
    text = text.upper() if loud else text
    write(text)
    return text


def written():
    return list(Note.objects.order_by("id").values_list("text", flat=True))


class TestEnqueue:
    def test_waits_for_a_worker(self, engine_database):
        handle = queue.enqueue(note, "a", loud=True)
        found = handle.get_status()
        assert (found.status, found.queue_name) == ("ENQUEUED", "tests-order")
        durable.launch(threads=1)
        assert handle.get_result() == "A"
        assert handle.get_status().queue_name == "tests-order"

    def test_begin_in_order(self, engine_database):
        handles = [queue.enqueue(note, str(number)) for number in range(10)]
        durable.launch(threads=1)
        for handle in handles:
            handle.get_result()
        assert written() == [str(number) for number in range(10)]

    def test_many_in_one_call_begin_in_order(self, engine_database):
        handles = queue.enqueue_many([(note, (str(number),)) for number in range(50)])
        assert len({handle.workflow_id for handle in handles}) == 50
        durable.launch(threads=1)
        assert [handle.get_result() for handle in handles] == [
            str(number) for number in range(50)
        ]
        assert written() == [str(number) for number in range(50)]

    def test_forms_of_an_item(self, engine_database):
        handles = queue.enqueue_many(
            [
                (note, ("a",)),
                (note, ("b",), {"loud": True}),
                durable.Call(note, ("c",), {"loud": True}, workflow_id="chosen"),
                durable.Call("tests.engine.primitives.test_queues.note", ("d",)),
            ]
        )
        assert handles[2].workflow_id == "chosen"
        durable.launch(threads=1)
        assert [handle.get_result() for handle in handles] == ["a", "B", "C", "d"]

    def test_nothing_to_enqueue(self, engine_database):
        assert queue.enqueue_many([]) == []

    @pytest.mark.parametrize("item", [note, (note, "abc"), (note, 1), (), (note,) * 4])
    def test_an_item_of_another_shape(self, engine_database, item):
        message = (
            f"item 1 must be a Call, (fn, args) or (fn, args, kwargs), not {item!r}"
        )
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            queue.enqueue_many([(note, ("a",)), item])
        assert durable.list_workflows() == []

    def test_all_or_nothing(self, engine_database):
        with pytest.raises(durable.SerializationError):
            queue.enqueue_many([(note, ("a",)), (note, (object(),))])
        assert durable.list_workflows() == []

    def test_by_name(self, engine_database):
        name = "tests.engine.primitives.test_queues.note"
        handles = [
            durable.enqueue_workflow("tests-order", note, "a"),
            durable.enqueue_workflow("tests-order", name, "b"),
            queue.enqueue(name, "c"),
        ]
        durable.launch(threads=1)
        assert [handle.get_result() for handle in handles] == ["a", "b", "c"]

    def test_unknown_queue_waits_until_somebody_knows_it(self, engine_database):
        name = f"tests-unknown-{durable.executor_id}"  # once declared, always known
        handle = durable.enqueue_workflow(name, note, "a")
        durable.launch(threads=1)
        queue.enqueue(note, "b").get_result()
        assert handle.get_status().status == "ENQUEUED"
        durable.Queue(name)
        assert handle.get_result() == "a"

    def test_chosen_id_runs_once(self, engine_database):
        for text in ("a", "b"):
            with durable.SetWorkflowID("w-1"):
                handle = queue.enqueue(note, text)
        durable.launch(threads=1)
        assert handle.get_result() == "a"
        assert written() == ["a"]

    async def test_twins(self, worker):
        handles = [
            await queue.enqueue_async(note, "a"),
            await durable.enqueue_workflow_async("tests-order", note, "b"),
            *await queue.enqueue_many_async([(note, ("c",)), (note, ("d",))]),
        ]
        assert [await handle.get_result() for handle in handles] == [*"abcd"]

    @pytest.mark.parametrize("name", ["enqueue", "enqueue_many"])
    async def test_refused_on_a_running_event_loop(self, engine_database, name):
        with pytest.raises(
            durable.SynchronousCallInEventLoop, match=f"use await {name}_async"
        ):
            getattr(queue, name)([])

    def test_worker_of_other_queues_leaves_it(self, engine_database):
        durable.launch(threads=1, queues=["tests-elsewhere"])
        handle = queue.enqueue(note, "a")
        assert durable.start_workflow(note, "b").get_result() == "b"
        assert status(handle.workflow_id) == "ENQUEUED"


class TestOptions:
    def test_priority_before_age(self, engine_database):
        def enqueue(text, priority):
            with durable.SetEnqueueOptions(priority=priority):
                queue.enqueue(note, text)

        enqueue("c", 2)
        enqueue("d", 2)
        enqueue("b", 1)
        enqueue("a", None)
        queue.enqueue_many([durable.Call(note, ("e",), priority=3)])
        durable.launch(threads=1)
        for one in durable.list_workflows():
            durable.retrieve_workflow(one.id).get_result()
        assert written() == [*"abcde"]

    def test_used_deduplication_id_is_refused(self, engine_database):
        options = durable.SetEnqueueOptions(deduplication_id="once")
        with options:
            holder = queue.enqueue(note, "a")
            with pytest.raises(durable.QueueDeduplicated) as caught:
                queue.enqueue(note, "b")
        assert str(caught.value) == (
            "Deduplication id 'once' of queue 'tests-order' is held by workflow "
            f"'{holder.workflow_id}'; nothing was enqueued. Wait until it ends, or pass "
            "duplication_policy='return-existing' to get its handle."
        )
        assert len(durable.list_workflows()) == 1

    def test_or_gives_the_holder(self, engine_database):
        with durable.SetEnqueueOptions(
            deduplication_id="once", duplication_policy="return-existing"
        ):
            first, second = queue.enqueue(note, "a"), queue.enqueue(note, "b")
        assert first.workflow_id == second.workflow_id

    def test_free_again_when_the_holder_has_ended(self, engine_database):
        durable.launch(threads=1)
        for text in ("a", "b"):
            with durable.SetEnqueueOptions(deduplication_id="once"):
                assert queue.enqueue(note, text).get_result() == text

    def test_unique_within_its_queue(self, engine_database):
        other = durable.Queue("tests-order-2")
        with durable.SetEnqueueOptions(deduplication_id="once"):
            queue.enqueue(note, "a")
            other.enqueue(note, "b")
        assert len(durable.list_workflows()) == 2

    def test_delay(self, worker):
        with durable.SetEnqueueOptions(delay_seconds=0.3):
            handle = queue.enqueue(note, "a")
        found = handle.get_status()
        assert found.status == "DELAYED"
        assert found.delay_until > found.created_at
        assert handle.get_result() == "a"
        assert handle.get_status().started_at >= found.delay_until

    def test_version_of_nobody_here_is_left(self, worker):
        with durable.SetEnqueueOptions(app_version="of tomorrow"):
            handle = queue.enqueue(note, "a")
        queue.enqueue(note, "b").get_result()
        assert status(handle.workflow_id) == "ENQUEUED"
        assert handle.get_status().app_version == "of tomorrow"

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                {"duplication_policy": "guess"},
                (
                    "duplication_policy must be one of ('reject', 'return-existing'), "
                    "not 'guess'"
                ),
            ),
            ({"delay_seconds": -1}, "delay_seconds must be 0 or more, not -1"),
            ({"delay_seconds": True}, "delay_seconds must be 0 or more, not True"),
        ],
    )
    def test_options_are_checked(self, options, message):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            durable.SetEnqueueOptions(**options)

    def test_a_policy_needs_an_id_that_may_be_held(self, engine_database):
        message = (
            "duplication_policy='return-existing' needs a deduplication_id: it says "
            "what a held one does"
        )
        with (
            pytest.raises(ValueError, match=f"^{re.escape(message)}$"),
            durable.SetEnqueueOptions(duplication_policy="return-existing"),
        ):
            queue.enqueue(note, "a")
        assert len(durable.list_workflows()) == 0

    @pytest.mark.parametrize("priority", [0, -1, 2**31, 1.5, "1", True])
    def test_priority_is_checked(self, engine_database, priority):
        message = f"priority must be 1 to 2147483647, not {priority!r}"
        with (
            pytest.raises(ValueError, match=f"^{re.escape(message)}$"),
            durable.SetEnqueueOptions(priority=priority),
        ):
            queue.enqueue(note, "a")


def test_one_name_two_declarations():
    durable.Queue("tests-declared", concurrency=1)
    durable.Queue("tests-declared", concurrency=1)
    with pytest.raises(durable.ConflictingRegistration, match="'tests-declared'"):
        durable.Queue("tests-declared", concurrency=2)
