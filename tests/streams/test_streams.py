"""What is written comes out once, in order, and the reader ends when it should."""

import asyncio
import threading

import pytest

import durable_engine as durable
from durable_engine.models import StreamEntry
from tests.engine.histories import history
from tests.support.databases import on_postgresql
from tests.support.project import Project


def entries(workflow_id, key):
    rows = StreamEntry.objects.filter(workflow_id=workflow_id, key=key)
    return list(rows.order_by("offset").values_list("offset", "position", "closes"))


class TestWriting:
    def test_offsets_are_dense_and_each_takes_one_position(self, engine_database):
        @durable.workflow
        def program():
            durable.write_stream("a", 1)
            durable.write_stream("b", {"x": [1]})
            durable.write_stream("a", None)
            durable.close_stream("a")

        with durable.SetWorkflowID("w"):
            program()
        assert entries("w", "a") == [(0, 1, False), (1, 3, False), (2, 4, True)]
        assert entries("w", "b") == [(0, 2, False)]
        assert history("w") == [
            (1, "durable.write_stream"),
            (2, "durable.write_stream"),
            (3, "durable.write_stream"),
            (4, "durable.close_stream"),
        ]
        assert list(durable.read_stream("w", "a")) == [1, None]
        assert list(durable.read_stream("w", "b")) == [{"x": [1]}]
        assert list(durable.read_stream("w", "unknown")) == []

    def test_parallel_workflows_and_tasks_lose_nothing(self, worker):
        @durable.workflow
        async def program():
            await asyncio.gather(
                *(durable.write_stream_async("s", number) for number in range(20))
            )

        handles = [durable.start_workflow(program) for _ in range(5)]
        for handle in handles:
            handle.get_result()
            values = list(durable.read_stream(handle.workflow_id, "s"))
            assert sorted(values) == list(range(20))
            offsets = [row[0] for row in entries(handle.workflow_id, "s")]
            assert offsets == list(range(20))

    @pytest.mark.parametrize("inside_step", [False, True])
    def test_beside_a_transaction_that_writes_to_the_same_stream(
        self, worker, inside_step
    ):
        written, appended = threading.Event(), threading.Event()

        @durable.transaction
        def holds_its_number():
            durable.write_stream("s", "transaction")
            written.set()
            appended.wait(20)

        @durable.step
        async def writes():
            write = asyncio.create_task(durable.write_stream_async("s", "other"))
            await asyncio.sleep(0)
            appended.set()
            await write

        @durable.workflow
        async def program():
            held = asyncio.create_task(asyncio.to_thread(holds_its_number))
            await asyncio.to_thread(written.wait, 20)
            if inside_step:
                await writes()
            else:
                await durable.write_stream_async("s", "other")
                appended.set()
            await held
            await durable.write_stream_async("s", "last")

        with durable.SetWorkflowID("w"):
            durable.start_workflow(program).get_result()
        values = list(durable.read_stream("w", "s"))
        assert sorted(values) == ["last", "other", "transaction"]
        assert values[-1] == "last"
        assert [row[0] for row in entries("w", "s")] == [0, 1, 2]

    @on_postgresql
    def test_in_a_transaction_keeps_nobody_from_cancelling(self, worker):
        @durable.transaction
        def takes_long():
            durable.write_stream("s", 1)
            durable.set_event("e", 1)
            cancelling = threading.Thread(target=durable.cancel_workflow, args=["w"])
            cancelling.start()
            cancelling.join(5)
            waited.append(cancelling.is_alive())

        @durable.workflow
        def program():
            takes_long()

        waited: list[bool] = []
        with durable.SetWorkflowID("w"):
            handle = durable.start_workflow(program)
        with pytest.raises(durable.AwaitedWorkflowCancelled):
            handle.get_result()
        durable.destroy(workflow_completion_timeout_sec=20)  # its body has ended
        assert waited == [False]
        assert (entries("w", "s"), durable.get_all_events("w")) == ([], {})

    def test_from_a_step_each_attempt_writes(self, engine_database):
        attempts = []

        @durable.step(retries_allowed=True, interval_seconds=0.01)
        def work():
            attempts.append(1)
            durable.write_stream("s", len(attempts))
            if len(attempts) < 3:
                raise ValueError("again")

        @durable.workflow
        def program():
            work()
            durable.close_stream("s")

        with durable.SetWorkflowID("w"):
            program()
        assert list(durable.read_stream("w", "s")) == [1, 2, 3]
        assert history("w") == [(1, "work"), (2, "durable.close_stream")]

    def test_value_that_cannot_be_encoded_stores_nothing(self, engine_database):
        @durable.workflow
        def program():
            with pytest.raises(durable.SerializationError):
                durable.write_stream("s", object())
            durable.write_stream("s", 1)

        with durable.SetWorkflowID("w"):
            program()
        assert list(durable.read_stream("w", "s")) == [1]

    def test_outside_a_workflow(self, engine_database):
        with pytest.raises(durable.OutsideWorkflow, match="write_stream"):
            durable.write_stream("s", 1)
        with pytest.raises(durable.OutsideWorkflow, match="close_stream"):
            durable.close_stream("s")

    def test_replay_writes_nothing_again(self, worker):
        entered, go = threading.Event(), threading.Event()

        @durable.step
        def wait():
            entered.set()
            go.wait(20)

        @durable.workflow
        def program():
            durable.write_stream("s", 1)
            wait()
            durable.write_stream("s", 2)

        with durable.SetWorkflowID("w"):
            handle = durable.start_workflow(program)
        entered.wait(20)
        durable.cancel_workflow("w")
        go.set()
        with pytest.raises(durable.AwaitedWorkflowCancelled):
            handle.get_result()
        durable.resume_workflow("w").get_result()
        assert list(durable.read_stream("w", "s")) == [1, 2]


class TestReading:
    def test_ends_at_close_while_the_workflow_goes_on(self, worker):
        closed, leave = threading.Event(), threading.Event()

        @durable.step
        def wait():
            closed.set()
            leave.wait(20)

        @durable.workflow
        def program():
            durable.write_stream("s", 1)
            durable.close_stream("s")
            durable.write_stream("s", "unseen")
            wait()

        with durable.SetWorkflowID("w"):
            handle = durable.start_workflow(program)
        assert list(durable.read_stream("w", "s")) == [1]
        closed.wait(20)
        assert list(durable.read_stream("w", "s")) == [1]
        leave.set()
        handle.get_result()

    def test_drained_when_the_workflow_failed(self, engine_database):
        @durable.workflow
        def program():
            for number in range(250):
                durable.write_stream("s", number)
            raise ValueError("end")

        with durable.SetWorkflowID("w"), pytest.raises(ValueError, match="end"):
            program()
        assert list(durable.read_stream("w", "s")) == list(range(250))
        assert list(durable.read_stream("w", "s", offset=248)) == [248, 249]
        assert list(durable.read_stream("w", "s", offset=250)) == []

    def test_unknown_workflow(self, engine_database):
        with pytest.raises(durable.NonExistentWorkflow):
            next(durable.read_stream("nobody", "s"))

    def test_nothing_in_time(self, engine_database):
        @durable.workflow
        def program():
            pass

        with durable.SetWorkflowID("w"):
            durable.enqueue_workflow("nobody-serves", program)
        with pytest.raises(durable.StreamTimeout) as caught:
            next(durable.read_stream("w", "s", timeout_seconds=0.05))
        assert (caught.value.workflow_id, caught.value.key) == ("w", "s")
        assert caught.value.timeout_seconds == 0.05

    @pytest.mark.parametrize("offset", [-1, True, "0"])
    def test_bad_offset(self, engine_database, offset):
        with pytest.raises(ValueError, match="offset must be a whole number"):
            durable.read_stream("w", "s", offset=offset)

    def test_cancelled_while_it_is_read(self, worker):
        written = threading.Event()

        @durable.workflow
        def program():
            durable.write_stream("s", 1)
            written.set()
            durable.sleep(600)

        with durable.SetWorkflowID("w"):
            durable.start_workflow(program)
        values = durable.read_stream("w", "s")
        assert next(values) == 1
        durable.cancel_workflow("w")
        assert list(values) == []

    def test_in_a_workflow_each_value_and_the_end_take_a_position(self, worker):
        ran = []

        @durable.workflow
        def writer():
            for number in range(3):
                durable.write_stream("s", number)

        @durable.workflow
        def reader():
            values = list(durable.read_stream("writer", "s"))
            ran.append(values)
            return values

        with durable.SetWorkflowID("writer"):
            durable.start_workflow(writer)
        with durable.SetWorkflowID("reader"):
            assert durable.start_workflow(reader).get_result() == [0, 1, 2]
        assert history("reader") == [(n, "durable.read_stream") for n in (1, 2, 3, 4)]
        durable.delete_workflow("writer")
        assert durable.fork_workflow("reader", 99).get_result() == [0, 1, 2]

    async def test_twins(self, engine_database, worker):
        @durable.workflow
        async def program():
            for number in range(5):
                await durable.write_stream_async("s", number)
            await durable.close_stream_async("s")

        handle = await durable.start_workflow_async(program)
        stream = durable.read_stream_async(handle.workflow_id, "s")
        assert [value async for value in stream] == [0, 1, 2, 3, 4]


def test_fork_has_the_entries_of_its_steps(worker):
    @durable.workflow
    def program():
        for number in range(4):
            durable.write_stream("s", number)

    with durable.SetWorkflowID("origin"):
        program()
    with durable.SetWorkflowID("fork"):
        handle = durable.fork_workflow("origin", 3)
    handle.get_result()
    assert list(durable.read_stream("fork", "s")) == [0, 1, 2, 3]
    assert entries("fork", "s") == entries("origin", "s")


def test_read_in_another_process_while_it_is_written(project: Project):
    project.workflows("""
        import durable_engine as durable

        @durable.step
        def pace():
            import threading
            threading.Event().wait(0.02)

        @durable.workflow
        def program():
            for number in range(30):
                durable.write_stream("s", number)
                pace()
            durable.recv("end", timeout_seconds=60)
    """)
    with project.worker() as worker, project.worker():
        with project.start("""
            import durable_engine as durable
            from shop.workflows import program
            with durable.SetWorkflowID("w"):
                durable.start_workflow(program)
            for value in durable.read_stream("w", "s"):
                print("value", value, flush=True)
                if value == 29:
                    durable.send("w", "go", "end")
            print("end", flush=True)
        """) as reader:
            reader.wait_for("value 5")
            worker.kill()
            reader.wait_for("end")
            reader.wait()
        got = [line for line in reader.output.splitlines() if line.startswith("value")]
        assert got == [f"value {number}" for number in range(30)]
