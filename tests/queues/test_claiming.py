"""Who claims: versions, unknown queues, chosen queues, resumed workflows."""

import durable_engine as durable
from tests.queues.ledger import JOB, STUCK, Ledger
from tests.support.project import Project


def test_only_the_chosen_version_claims(project: Project, ledger: Ledger):
    with durable.SetEnqueueOptions(app_version="v2"):
        chosen = durable.enqueue_workflow("free", JOB, "chosen", 0)
        limited = durable.enqueue_workflow("four", JOB, "limited", 0)
    with project.worker(DURABLE_APP_VERSION="v1"):
        durable.enqueue_workflow("free", JOB, "any", 0).get_result()
        durable.enqueue_workflow("four", JOB, "any", 0).get_result()
    assert chosen.get_status().status == limited.get_status().status == "ENQUEUED"
    with project.worker(DURABLE_APP_VERSION="v2"):
        chosen.get_result()
        limited.get_result()
    assert chosen.get_status().app_version == "v2"


def test_an_unknown_queue_waits_for_a_worker_that_knows_it(
    project: Project, ledger: Ledger
):
    handle = durable.enqueue_workflow("unheard-of", JOB, "a", 0)
    with project.worker():
        durable.enqueue_workflow("free", JOB, "b", 0).get_result()
        assert handle.get_status().status == "ENQUEUED"
    with project.worker("--queues", "unheard-of"):
        handle.get_result()


def test_a_worker_serves_only_the_queues_it_is_told(project: Project, ledger: Ledger):
    other = durable.enqueue_workflow("one", JOB, "a", 0)
    with project.worker("--queues", "four,free"):
        durable.enqueue_workflow("four", JOB, "b", 0).get_result()
        durable.enqueue_workflow("free", JOB, "c", 0).get_result()
    assert other.get_status().status == "ENQUEUED"


def test_a_resumed_one_bypasses_its_queue(project: Project, ledger: Ledger):
    # It moves to the version of who resumes it: this process's.
    with project.worker(DURABLE_APP_VERSION=durable.application_version) as worker:
        durable.enqueue_workflow("one", STUCK, "held")
        worker.wait_for("begin held")
        blocked = durable.enqueue_workflow("one", JOB, "blocked", 0)
        durable.resume_workflow(blocked.workflow_id).get_result()


def test_a_stranded_version_blocks_nobody(project: Project, ledger: Ledger):
    held = durable.enqueue_workflow("one", STUCK, "held")
    with project.worker(DURABLE_APP_VERSION="v1") as worker:
        worker.wait_for("begin held")
        worker.kill()
    with project.worker(DURABLE_APP_VERSION="v2"):
        durable.enqueue_workflow("one", JOB, "next", 0).get_result()
    assert held.get_status().status == "PENDING"


def test_a_burst_waits_for_the_rate(project: Project, ledger: Ledger):
    handles = [durable.enqueue_workflow("rated", JOB, n, 0) for n in range(12)]
    done = project.manage("durable_worker", "--burst")
    assert done.returncode == 0, done.stderr
    assert {handle.get_status().status for handle in handles} == {"SUCCESS"}
