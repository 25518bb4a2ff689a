"""A reminder: sleep durably, then act, whatever died meanwhile."""

import pytest

from tests.support.project import Project

PROGRAM = """
    import durable_engine as DBOS
    from durable_engine import SetWorkflowID
    from shop.ledger import log

    @DBOS.step()
    def send_confirmation_email(to):
        log(f"confirmation to {to}")

    @DBOS.step()
    def send_reminder_email(to, days):
        log(f"reminder to {to} after {days}")

    @DBOS.workflow()
    def reminder_workflow(to, send_date, seconds):
        send_confirmation_email(to)
        DBOS.sleep(seconds)
        send_reminder_email(to, send_date)
        return "sent"
"""
AN_HOUR_PASSES = """
    from datetime import timedelta
    from durable_engine.models import Step, Workflow
    but_for_a_moment = timedelta(hours=1, seconds=-4)
    asleep = Step.objects.get(position=2)
    Step.objects.filter(position=2).update(
        output=repr(float(asleep.output) - but_for_a_moment.total_seconds()),
        completed_at=asleep.completed_at - but_for_a_moment,
    )
    assert Workflow.objects.get().wake_at is None  # nobody unloaded it
"""


@pytest.fixture(autouse=True)
def program(project: Project, ledger):
    project.workflows(PROGRAM)


def start(seconds):
    return f"""
        import durable_engine as DBOS
        from durable_engine import SetWorkflowID
        from shop.workflows import reminder_workflow
        with SetWorkflowID("reminder-ada"):
            DBOS.start_workflow(reminder_workflow, "ada", "1 day", {seconds})
    """


def test_in_one_process(project, ledger):
    printed = project.run(
        f"""
        import durable_engine as DBOS
        DBOS.launch()
        {start(0.3).strip()}
        print(DBOS.retrieve_workflow("reminder-ada").get_result())
        """
    )
    assert printed.splitlines()[-1] == "sent"
    assert ledger.lines() == ["confirmation to ada", "reminder to ada after 1 day"]


def test_sleeps_only_for_what_is_left_after_a_kill(project, ledger):
    project.run(start(3600))
    with project.worker() as first:
        first.wait_for("confirmation to ada")
        project.run(
            """
            import durable_engine as DBOS
            while len(DBOS.list_workflow_steps("reminder-ada")) < 2:
                DBOS.get_event("nobody", "the sleep is recorded", 0.01)
            """
        )
        first.kill()
    project.run(AN_HOUR_PASSES)
    with project.worker() as second:
        printed = project.run(
            """
            import durable_engine as DBOS
            handle = DBOS.retrieve_workflow("reminder-ada")
            print(handle.get_result())
            status = handle.get_status()
            asleep = DBOS.list_workflow_steps("reminder-ada")[1]
            late = (status.completed_at - asleep.completed_at).total_seconds()
            # The process knows the database's clock within its round trip only.
            print(late > -0.05, late)
            """
        )
        second.wait_for("reminder to ada after 1 day")
    assert printed.startswith("sent\nTrue "), printed
    assert ledger.lines() == ["confirmation to ada", "reminder to ada after 1 day"]
