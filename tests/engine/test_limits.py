"""What may be an id, a name or a key: the same everywhere, on both databases."""

import functools

import pytest

import durable_engine as durable
from tests.engine.histories import history

TOO_LONG = "x" * 256
BAD = ["", " \t ", "a\x00b", "a\nb", TOO_LONG]
LONGEST = "y" * 255


@durable.step(name="tests.limits_step")
def one_step(value):
    return value


@durable.workflow(name="tests.limits")
def program(value=1):
    return one_step(value)


@durable.workflow(name="tests.limits_call")
def call_of(function, *args):
    pass


REFUSING = {
    "SetWorkflowID": durable.SetWorkflowID,
    "Call": lambda bad: durable.Queue("limits").enqueue_many(
        [durable.Call(program, workflow_id=bad)]
    ),
    "retrieve_workflow": durable.retrieve_workflow,
    "cancel_workflow": durable.cancel_workflow,
    "cancel_workflows": lambda bad: durable.cancel_workflows([bad]),
    "resume_workflow": durable.resume_workflow,
    "restart_workflow": durable.restart_workflow,
    "fork_workflow": lambda bad: durable.fork_workflow(bad, 1),
    "retry_workflow": durable.retry_workflow,
    "delete_workflow": durable.delete_workflow,
    "set_workflow_delay": lambda bad: durable.set_workflow_delay(bad, delay_seconds=1),
    "update_attributes": lambda bad: durable.update_workflow_attributes(bad, {}),
    "send": lambda bad: durable.send(bad, 1),
    "topic": lambda bad: durable.send("w", 1, bad),
    "get_event": lambda bad: durable.get_event(bad, "key", timeout_seconds=0),
    "key": lambda bad: durable.get_event("w", bad, timeout_seconds=0),
    "get_all_events": durable.get_all_events,
    "read_stream": lambda bad: next(durable.read_stream(bad, "s")),
    "stream": lambda bad: next(durable.read_stream("w", bad)),
    "Queue": durable.Queue,
    "enqueue_workflow": lambda bad: durable.enqueue_workflow(bad, program),
    "pause_queue": durable.pause_queue,
    "set_queue_limits": lambda bad: durable.set_queue_limits(bad, concurrency=1),
    "workflow": lambda bad: durable.workflow(name=bad)(len),
    "step": lambda bad: durable.step(name=bad)(len),
    "transaction": lambda bad: durable.transaction(name=bad)(len),
    "register_instance": lambda bad: durable.register_instance(object(), bad),
    "create_schedule": lambda bad: durable.create_schedule(
        schedule_name=bad, workflow_fn=program, schedule="* * * * *"
    ),
    "debounce": lambda bad: durable.Debouncer(program).debounce(bad, 1),
}
OPTIONS = ("deduplication_id", "queue_partition_key", "app_version")


def shown(bad):
    return repr(bad[:8])


@pytest.mark.parametrize("bad", BAD, ids=shown)
def test_refused_everywhere(engine_database, bad):
    with durable.SetWorkflowID("w"):
        program()
    accepted = []
    for name, call in REFUSING.items():
        try:
            call(bad)
        except ValueError:
            pass
        else:
            accepted.append(name)
    for option in OPTIONS:
        try:
            with durable.SetEnqueueOptions(**{option: bad}):
                durable.enqueue_workflow("limits", program)
        except ValueError:
            pass
        else:
            accepted.append(option)
    assert accepted == []
    assert len(durable.list_workflows()) == 1


@pytest.mark.parametrize("bad", BAD, ids=shown)
def test_in_a_body_too(engine_database, bad):
    @durable.workflow
    def body():
        for call in (
            lambda: durable.set_event(bad, 1),
            lambda: durable.write_stream(bad, 1),
            lambda: durable.close_stream(bad),
            lambda: durable.recv(bad, timeout_seconds=0),
            lambda: durable.patch(bad),
            lambda: durable.run_step({"name": bad}, len, "abc"),
        ):
            with pytest.raises(ValueError, match="must"):
                call()
        return one_step(1)

    with durable.SetWorkflowID("w"):
        assert body() == 1
    assert history("w") == [(1, "limits_step")]


@pytest.mark.parametrize("bad", BAD, ids=shown)
def test_what_cannot_be_an_id_belongs_to_no_workflow(engine_database, bad):
    assert durable.get_workflow_status(bad) is None
    for read in (
        lambda: durable.list_workflow_steps(bad),
        lambda: durable.WorkflowHandle(bad).get_status(),
        lambda: durable.WorkflowHandle(bad).get_result(),
    ):
        with pytest.raises(durable.NonExistentWorkflow):
            read()
    assert durable.list_workflows(workflow_ids=bad) == []
    assert durable.list_workflows(name=[bad], queue_name=bad, search="a\x00b") == []
    assert durable.list_workflows(workflow_id_prefix=bad or "\x00") == []
    assert durable.get_schedule(bad) is None
    for act in (durable.pause_schedule, durable.trigger_schedule):
        with pytest.raises(durable.NonExistentSchedule):
            act(bad)


class TestLongest:
    def test_has_children_copies_and_everything_else(self, engine_database, worker):
        @durable.workflow
        def parent():
            durable.set_event(LONGEST, 1)
            durable.write_stream(LONGEST, 1)
            handle = durable.start_workflow(program, 2)
            found = [program(1), handle.get_result()]
            copy = durable.fork_workflow(handle.workflow_id, 1)
            return [*found, copy.get_result()]

        with durable.SetWorkflowID(LONGEST):
            assert parent() == [1, 2, 2]
        children = durable.list_workflows(parent_workflow_id=LONGEST)
        assert len({child.id for child in children}) == 2
        assert all(len(child.id) <= 255 for child in children)
        assert durable.get_event(LONGEST, LONGEST) == 1
        assert list(durable.read_stream(LONGEST, LONGEST)) == [1]
        durable.send(LONGEST, 1, LONGEST)
        again = durable.fork_workflow(LONGEST, 1)
        assert again.get_result() == [1, 2, 2]

    def test_strange_but_printable(self, engine_database):
        strange = "a/../b%2f?q=1#x&é日\\'\"<b>;--"
        with durable.SetWorkflowID(strange):
            program()
        assert durable.get_workflow_status(strange).id == strange
        (listed,) = durable.list_workflows(workflow_ids=strange, search="%2F?q")
        assert listed.id == strange

    def test_schedule_whose_ticks_have_room(self, engine_database, worker):
        name = "n" * 200
        durable.create_schedule(
            schedule_name=name, workflow_fn=ticked, schedule="0 0 1 1 *"
        )
        durable.trigger_schedule(name).get_result()


@durable.workflow(name="tests.limits_tick")
def ticked(scheduled_at, context):
    pass


def test_an_ad_hoc_step_may_be_any_callable(engine_database):
    class Adder:
        def __call__(self, value):
            return value + 1

    @durable.workflow
    def body():
        return [
            durable.run_step(None, functools.partial(one_step, 1)),
            durable.run_step(None, Adder(), 1),
            durable.run_step(None, lambda: 3),
        ]

    with durable.SetWorkflowID("w"):
        assert body() == [1, 2, 3]


def test_attributes_that_are_no_json(engine_database):
    for attributes in ({"a": object()}, {"a": "\x00"}, {1: 2}, "text"):
        with pytest.raises(ValueError, match="attributes must"):
            durable.SetWorkflowAttributes(attributes)
        with pytest.raises(ValueError, match="attributes must"):
            durable.update_workflow_attributes("w", attributes)
        with pytest.raises(ValueError, match="attributes must"):
            durable.list_workflows(attributes=attributes)
