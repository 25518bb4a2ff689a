"""A transaction's writes and its checkpoint commit together, exactly once."""

import re
import threading

import pytest
from django.db import IntegrityError, connection, transaction

import durable_engine as durable
from tests.engine.histories import happened, history, outputs
from tests.support.databases import on_postgresql
from tests.support.shop.models import Note, Order


def references():
    return list(Order.objects.order_by("reference").values_list("reference", flat=True))


class TestCommit:
    def test_orm_and_raw_sql_and_checkpoint_are_one_commit(self, engine_database):
        seen = []

        @durable.transaction
        def place(reference):
            Order.objects.create(reference=reference)
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO shop_order (reference, state, amount)"
                    " VALUES (%s, 'raw', 1)",
                    [f"{reference}-raw"],
                )
            seen.append(connection.in_atomic_block)
            thread = threading.Thread(target=lambda: seen.append(references()))
            thread.start()
            thread.join()
            return reference

        @durable.workflow
        def program():
            return place("A-1")

        with durable.SetWorkflowID("w-1"):
            assert program() == "A-1"
        assert references() == ["A-1", "A-1-raw"]
        assert seen == [True, []]
        assert (history("w-1"), outputs("w-1")) == ([(1, "place")], ["A-1"])

    def test_error_rolls_back_and_is_recorded(self, engine_database):
        calls = []

        @durable.transaction
        def place():
            calls.append(1)
            Order.objects.create(reference="A-1")
            raise ValueError("no stock")

        @durable.workflow
        def program():
            place()

        for _ in range(2):
            with (
                durable.SetWorkflowID("w-1"),
                pytest.raises(ValueError, match="no stock"),
            ):
                program()
        assert (references(), calls) == ([], [1])
        (step,) = durable.list_workflow_steps("w-1")
        assert (step.status, repr(step.error)) == ("ERROR", "ValueError('no stock')")

    def test_error_of_the_database_is_the_callers(self, engine_database):
        Order.objects.create(reference="A-1")

        @durable.transaction
        def place():
            Note.objects.create(text="before")
            Order.objects.create(reference="A-1")

        @durable.workflow
        def program():
            with pytest.raises(IntegrityError):
                place()
            return "caught"

        assert program() == "caught"
        assert Note.objects.count() == 0

    def test_recorded_one_never_runs_again(self, worker):
        waiting = threading.Event()

        @durable.transaction
        def place():
            number = Order.objects.count() + 1
            Order.objects.create(reference=f"A-{number}")
            return number

        @durable.workflow
        def program():
            number = place()
            waiting.set()
            return number, durable.recv()

        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        happened(waiting)
        durable.cancel_workflow("w-1")
        durable.send("w-1", "go on")
        durable.resume_workflow("w-1")
        assert handle.get_result() == (1, "go on")
        assert references() == ["A-1"]

    def test_result_that_cannot_be_stored_rolls_back(self, engine_database):
        @durable.transaction
        def place():
            return Order.objects.create(reference="A-1")

        @durable.workflow
        def program():
            try:
                place()
            except durable.SerializationError as error:
                return error.path, "primary key" in error.reason

        assert program() == ("value", True)
        assert references() == []

    def test_on_commit_runs_after_the_commit(self, engine_database):
        seen = []

        @durable.transaction
        def place():
            Order.objects.create(reference="A-1")
            transaction.on_commit(lambda: seen.append(references()))
            assert seen == []

        @durable.workflow
        def program():
            place()

        program()
        assert seen == [["A-1"]]

    def test_step_inside_is_a_plain_call(self, engine_database):
        @durable.step
        def number():
            return durable.step_id

        @durable.transaction
        def place():
            return number()

        @durable.workflow
        def program():
            return place(), number()

        with durable.SetWorkflowID("w-1"):
            assert program() == (1, 2)
        assert history("w-1") == [(1, "place"), (2, "number")]

    def test_within_atomic_of_the_body_is_refused(self, engine_database):
        @durable.transaction(name="tests.place")
        def place(): ...

        @durable.workflow(guard="off")
        def program():
            with transaction.atomic():
                place()

        with pytest.raises(durable.AtomicBlock) as caught:
            program()
        assert caught.value.operation == "the transaction tests.place"


class TestOutsideAWorkflow:
    def test_plain_atomic_call(self, engine_database):
        @durable.transaction
        def place(reference, fail):
            Order.objects.create(reference=reference)
            assert connection.in_atomic_block
            if fail:
                raise ValueError(reference)
            return reference

        assert place("A-1", fail=False) == "A-1"
        with pytest.raises(ValueError, match="A-2"):
            place("A-2", fail=True)
        assert references() == ["A-1"]

    def test_joins_the_callers_transaction(self, engine_database):
        @durable.transaction
        def place():
            Order.objects.create(reference="A-1")

        with transaction.atomic():
            place()
            transaction.set_rollback(True)
        assert references() == []


class TestDecorator:
    def test_bare_called_named_and_positional_level(self, engine_database):
        @durable.transaction()
        def called(): ...

        @durable.transaction(name="tests.named")
        def named(): ...

        @durable.transaction("SERIALIZABLE")
        def positional(): ...

        @durable.workflow
        def program():
            called()
            named()
            positional()

        with durable.SetWorkflowID("w-1"):
            program()
        names = [step.name for step in durable.list_workflow_steps("w-1")]
        assert names[0].endswith("called")
        assert names[1] == "tests.named"
        assert names[2].endswith("positional")

    def test_coroutine_is_refused(self):
        with pytest.raises(
            TypeError, match=re.escape("call it with asyncio.to_thread")
        ):

            @durable.transaction
            async def place(): ...

    def test_level_must_exist(self):
        with pytest.raises(
            ValueError, match=r"isolation_level must be one of .*, not 'CHAOS'"
        ):
            durable.transaction(isolation_level="CHAOS")


@on_postgresql
class TestCharacteristics:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("SERIALIZABLE", "serializable"),
            ("repeatable_read", "repeatable read"),
            (None, "read committed"),
        ],
    )
    @pytest.mark.parametrize("inside", [True, False])
    def test_isolation_level(self, engine_database, given, expected, inside):
        @durable.transaction(isolation_level=given)
        def level():
            with connection.cursor() as cursor:
                cursor.execute("SHOW transaction_isolation")
                return cursor.fetchone()[0]

        @durable.workflow
        def program():
            return level()

        assert (program() if inside else level()) == expected

    def test_read_only_refuses_writes(self, engine_database):
        @durable.transaction(read_only=True)
        def read():
            return Order.objects.count()

        @durable.transaction(read_only=True)
        def write():
            Order.objects.create(reference="A-1")

        @durable.workflow
        def program():
            number = read()
            with pytest.raises(Exception, match="read-only transaction"):
                write()
            return number

        with durable.SetWorkflowID("w-1"):
            assert program() == 0
        assert history("w-1") == [(1, "read"), (2, "write")]

    def test_serialization_failure_runs_it_again(self, engine_database):
        Order.objects.create(reference="A-1", amount=1)
        attempts = []

        def interfere():
            Order.objects.filter(reference="A-1").update(amount=100)
            connection.close()

        @durable.transaction(isolation_level="SERIALIZABLE")
        def add():
            order = Order.objects.get(reference="A-1")
            attempts.append(order.amount)
            if len(attempts) == 1:
                thread = threading.Thread(target=interfere)
                thread.start()
                thread.join()
            order.amount += 1
            order.save()
            return order.amount

        @durable.workflow
        def program():
            return add()

        with durable.SetWorkflowID("w-1"):
            assert program() == 101
        assert attempts == [1, 100]
        (step,) = durable.list_workflow_steps("w-1")
        assert (step.position, step.attempts) == (1, 2)
        assert Order.objects.get().amount == 101

    def test_deadlock_runs_one_again(self, engine_database):
        for reference in ("A-1", "A-2"):
            Order.objects.create(reference=reference)
        both = threading.Barrier(2)
        attempts = []

        @durable.transaction
        def add(first, second):
            attempts.append(first)
            for number, reference in enumerate((first, second)):
                Order.objects.filter(reference=reference).update(state=first)
                if number == 0 and len(attempts) <= 2:
                    both.wait(30)

        @durable.workflow
        def program(first, second):
            add(first, second)

        durable.launch(threads=4)
        handles = [
            durable.start_workflow(program, "A-1", "A-2"),
            durable.start_workflow(program, "A-2", "A-1"),
        ]
        assert [handle.get_result() for handle in handles] == [None, None]
        assert len(attempts) == 3
