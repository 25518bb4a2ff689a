"""Live schedules: every tick starts once, however many workers there are."""

from datetime import datetime, timedelta
from itertools import pairwise

from tests.support.project import Project

CODE = """
    import durable_engine as durable

    @durable.scheduled("* * * * * *")
    @durable.workflow(name="ticking")
    def ticking(scheduled_at, started_at):
        late = (started_at - scheduled_at).total_seconds()
        durable.DBOS_LATE = late
        assert -1 < late < 20, late
        return scheduled_at.isoformat()

    @durable.workflow(name="reporting")
    def reporting(scheduled_at, context):
        return [scheduled_at.isoformat(), context]
"""
CODE = CODE.replace("        durable.DBOS_LATE = late\n", "")
WAIT = """
    import durable_engine as durable, threading
    def ticks(name):
        return sorted(
            (one.workflow_id, one.status)
            for one in durable.list_workflows(schedule_name=name, limit=1000)
        )
    def wait_for(name, number):
        while sum(status == "SUCCESS" for _, status in ticks(name)) < number:
            threading.Event().wait(0.05)
"""


def instants(output, name):
    prefix = f"sched-{name}-"
    lines = [line for line in output.splitlines() if line.startswith(prefix)]
    return [datetime.fromisoformat(line.removeprefix(prefix)) for line in lines]


def test_each_second_once_with_three_workers_one_of_which_dies(project: Project):
    project.workflows(CODE)
    with project.worker() as first, project.worker(), project.worker():
        project.run(WAIT + "    wait_for('ticking', 2)\n")
        first.kill()
        output = project.run(
            WAIT
            + """
    wait_for("ticking", 6)
    for workflow_id, _ in ticks("ticking"):
        print(workflow_id)
    found = durable.get_schedule("ticking")
    assert found.declared_in_code and found.status == "ACTIVE"
    assert found.last_fired_at is not None
    """
        )
    found = instants(output, "ticking")
    assert len(found) >= 6
    steps = {after - before for before, after in pairwise(found)}
    assert steps == {timedelta(seconds=1)}


def test_made_at_run_time_noticed_paused_and_resumed(project: Project):
    project.workflows(CODE)
    with project.worker(), project.worker():
        output = project.run(
            WAIT
            + """
    durable.create_schedule(
        schedule_name="live", workflow_fn="reporting", schedule="* * * * * *",
        context={"k": 1},
    )
    wait_for("live", 3)
    durable.pause_schedule("live")
    paused = durable.get_schedule("live").last_fired_at
    wait_for("ticking", len(ticks("ticking")) + 3)
    assert durable.get_schedule("live").last_fired_at == paused
    number = len(ticks("live"))
    durable.resume_schedule("live")
    wait_for("live", number + 2)
    durable.delete_schedule("live")
    for workflow_id, _ in ticks("live"):
        print(workflow_id)
    first = durable.retrieve_workflow(ticks("live")[0][0]).get_result()
    assert first == [ticks("live")[0][0].removeprefix("sched-live-"), {"k": 1}], first
    """
        )
    found = instants(output, "live")
    assert len(found) == len(set(found)) >= 5
    steps = [after - before for before, after in pairwise(found)]
    assert max(steps) > timedelta(seconds=2)  # the pause was not made up for


def test_what_nobody_saw_is_made_up_for_only_if_wanted(project: Project):
    project.workflows(CODE)
    project.run("""
        import durable_engine as durable
        from datetime import timedelta
        from durable_engine.models import Schedule
        for name, backfill in (("kept", True), ("lost", False)):
            durable.create_schedule(
                schedule_name=name, workflow_fn="reporting", schedule="* * * * * *",
                automatic_backfill=backfill,
            )
            earlier = Schedule.objects.get(name=name).created_at - timedelta(seconds=5)
            Schedule.objects.filter(name=name).update(
                created_at=earlier, active_since=earlier
            )
    """)
    with project.worker():
        output = project.run(
            WAIT
            + """
    wait_for("kept", 6)
    wait_for("lost", 2)
    created = durable.get_schedule("kept").created_at
    print("created", created.isoformat())
    for name in ("kept", "lost"):
        for workflow_id, _ in ticks(name):
            print(workflow_id)
    """
        )
    created = datetime.fromisoformat(output.splitlines()[0].split()[1])
    kept, lost = instants(output, "kept"), instants(output, "lost")
    assert timedelta(0) < kept[0] - created <= timedelta(seconds=1)
    assert lost[0] - created > timedelta(seconds=4)
    steps = {after - before for before, after in pairwise(kept)}
    assert steps == {timedelta(seconds=1)}


def test_frozen_worker_repeats_nothing(project: Project):
    project.workflows(CODE)
    with project.worker() as frozen, project.worker():
        project.run(WAIT + "    wait_for('ticking', 2)\n")
        frozen.freeze()
        project.run(WAIT + "    wait_for('ticking', len(ticks('ticking')) + 4)\n")
        frozen.thaw()
        output = project.run(
            WAIT
            + """
    wait_for("ticking", len(ticks("ticking")) + 3)
    for workflow_id, _ in ticks("ticking"):
        print(workflow_id)
    """
        )
    found = instants(output, "ticking")
    steps = {after - before for before, after in pairwise(found)}
    assert steps == {timedelta(seconds=1)}
