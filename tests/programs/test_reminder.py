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
    project.run(start(4))
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
            print(-0.05 < late < 3, late)
            """
        )
        second.wait_for("reminder to ada after 1 day")
    assert printed.startswith("sent\nTrue "), printed
    assert ledger.lines() == ["confirmation to ada", "reminder to ada after 1 day"]
