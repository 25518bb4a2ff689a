"""No window of the limiter's period ever holds more starts than its limit."""

import durable_engine as durable
from tests.queues.ledger import JOB, Ledger, finish, most_in_window, starts
from tests.support.project import Project


def test_windows_roll_over_three_workers(project: Project, ledger: Ledger):
    handles = [durable.enqueue_workflow("rated", JOB, n, 0) for n in range(22)]
    with project.worker(), project.worker(), project.worker():
        finish(handles)
    moments = starts("rated")
    assert len(moments) == 22
    assert most_in_window(moments, 1.0) == 5
    # A free start is used at once: four more windows, and none is left out.
    assert 4.0 <= moments[-1] - moments[0] < 8.0


def test_a_workflow_that_goes_on_is_no_start(project: Project, ledger: Ledger):
    project.configure(DURABLE_ENGINE={"LEASE_SECONDS": 5, "HEARTBEAT_SECONDS": 1})
    handles = [durable.enqueue_workflow("rated", JOB, n, 0.5) for n in range(5)]
    with project.worker() as first:
        for _ in range(5):
            first.wait_for("begin")
        first.kill()
    with project.worker():
        finish(handles)
    assert len(starts("rated")) == 5
    assert len(ledger.begun()) == 5
