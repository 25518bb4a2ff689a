"""Programs, workers and web processes that share nothing but the database."""

import json
from contextlib import ExitStack

from tests.support.project import POLL_SECONDS, Project

WORKFLOWS = """
    import os
    import threading
    import durable_engine as durable
    from shop.models import Note

    queue = durable.Queue("mail")

    @durable.step
    def write(text):
        Note.objects.create(text=text)
        return text

    @durable.workflow
    def note(text):
        return write(text)

    @durable.workflow
    def where():
        return os.getpid()

    @durable.workflow
    def slow(text):
        result = write(text)
        durable.set_event("written", True)
        return result, durable.recv(timeout_seconds=None)

    @durable.workflow
    async def converse():
        await durable.set_event_async("url", "https://pay")
        answer = await durable.recv_async("payment", timeout_seconds=60)
        return {"paid": answer}
"""

CALL = """
    import durable_engine as durable
    from concurrent.futures import ThreadPoolExecutor
    from shop.workflows import note

    def call(_):
        with durable.SetWorkflowID("one"):
            return note("once")

    print("ready")
    input()
    with ThreadPoolExecutor(25) as pool:
        print("results", set(pool.map(call, range(25))))
"""


def test_started_without_a_worker_one_takes_it_at_once(project: Project):
    project.workflows(WORKFLOWS)
    project.trust_hints()
    with project.worker() as worker:
        printed = project.run(
            """
            import time
            import durable_engine as durable
            from shop.workflows import where
            took = []
            for _ in range(10):
                began = time.monotonic()
                pid = durable.start_workflow(where).get_result()
                took.append(time.monotonic() - began)
            print(pid, max(took))
            """
        )
    pid, seconds = printed.split()
    assert int(pid) == worker.pid
    assert float(seconds) < POLL_SECONDS / 20


def test_direct_call_runs_here_although_there_is_a_worker(project: Project):
    project.workflows(WORKFLOWS)
    with project.worker():
        printed = project.run(
            """
            import os
            from shop.workflows import where
            print(where() == os.getpid())
            """
        )
    assert printed == "True\n"


def test_hundred_callers_in_four_processes_one_execution(project: Project):
    project.workflows(WORKFLOWS)
    with ExitStack() as stack:
        programs = [stack.enter_context(project.start(CALL)) for _ in range(4)]
        for program in programs:
            program.wait_for("ready")
        for program in programs:
            program.tell()
        for program in programs:
            assert program.wait_for("results") == "results {'once'}"
    counted = project.run(
        """
        import durable_engine as durable
        from shop.models import Note
        print(Note.objects.count(), len(durable.list_workflows()))
        """
    )
    assert counted == "1 1\n"


def test_events_and_messages_cross_processes(project: Project):
    project.workflows(WORKFLOWS)
    project.trust_hints()
    with project.worker():
        printed = project.run(
            """
            import time
            import durable_engine as durable
            from shop.workflows import converse
            handle = durable.start_workflow(converse)
            print(durable.get_event(handle.workflow_id, "url"))
            began = time.monotonic()
            durable.send(handle.workflow_id, "yes", "payment")
            print(handle.get_result())
            print(time.monotonic() - began)
            """
        )
    *said, seconds = printed.splitlines()
    assert said == ["https://pay", "{'paid': 'yes'}"]
    assert float(seconds) < POLL_SECONDS / 20


def test_program_with_a_worker_of_its_own(project: Project):
    project.workflows(WORKFLOWS)
    printed = project.run(
        """
        import os
        import durable_engine as durable
        from shop.workflows import where
        durable.launch()
        print(durable.start_workflow(where).get_result() == os.getpid())
        durable.destroy()
        handle = durable.start_workflow(where)
        print(handle.get_status().status)
        """
    )
    assert printed == "True\nENQUEUED\n"


def test_killed_worker_loses_nothing_and_repeats_no_step(project: Project):
    project.workflows(WORKFLOWS)
    begin = """
        import durable_engine as durable
        from shop.workflows import slow
        with durable.SetWorkflowID("w-1"):
            durable.start_workflow(slow, "once")
        print(durable.get_event("w-1", "written"))
    """
    end = """
        import durable_engine as durable
        from shop.models import Note
        durable.send("w-1", "go on")
        print(durable.retrieve_workflow("w-1").get_result(), Note.objects.count())
    """
    with project.worker() as first:
        assert project.run(begin) == "True\n"
        first.kill()
    with project.worker():
        assert project.run(end) == "('once', 'go on') 1\n"


def test_stopped_worker_hands_over_at_once(project: Project):
    project.workflows(WORKFLOWS)
    with project.worker() as first, project.worker():
        project.run(
            """
            import durable_engine as durable
            from shop.workflows import slow
            for number in range(6):
                with durable.SetWorkflowID(f"w-{number}"):
                    durable.start_workflow(slow, str(number))
            for number in range(6):
                durable.get_event(f"w-{number}", "written")
            """
        )
        first.terminate()
        assert first.wait() == 0
        first.wait_for("worker stopped")
        printed = project.run(
            """
            import durable_engine as durable
            from shop.models import Note
            for number in range(6):
                durable.send(f"w-{number}", "go on")
            for number in range(6):
                durable.retrieve_workflow(f"w-{number}").get_result()
            attempts = {one.recovery_attempts for one in durable.list_workflows()}
            print(Note.objects.count(), attempts)
            """
        )
    assert printed == "6 {1}\n"


def test_workers_share_a_queue(project: Project):
    project.workflows(WORKFLOWS)
    project.run(
        """
        from shop.workflows import note, queue
        queue.enqueue_many([(note, (str(number),)) for number in range(200)])
        """
    )
    commands = ("durable_worker", "--burst", "--processes", "2")
    done = project.manage(*commands)
    assert done.returncode == 0, done.stderr
    printed = project.run(
        """
        import json
        import durable_engine as durable
        from shop.models import Note
        texts = sorted(Note.objects.values_list("text", flat=True), key=int)
        left = [one.id for one in durable.list_workflows(status=["ENQUEUED", "PENDING"])]
        print(json.dumps([texts, left]))
        """
    )
    assert json.loads(printed) == [[str(number) for number in range(200)], []]


def test_asgi_and_shell_start_without_threads(project: Project):
    project.workflows(WORKFLOWS)
    printed = project.run(
        """
        import threading
        from django.db import connections
        import shop.workflows
        print(threading.active_count(), connections["default"].connection)
        """
    )
    assert printed == "1 None\n"


def test_workflow_that_kills_its_workers_is_given_up(project: Project):
    project.workflows(
        """
        import os
        import durable_engine as durable

        @durable.workflow(max_recovery_attempts=2)
        def poison():
            print("dying", flush=True)
            os._exit(1)
        """
    )
    project.run(
        """
        import durable_engine as durable
        from shop.workflows import poison
        with durable.SetWorkflowID("w-1"):
            durable.start_workflow(poison)
        """
    )
    for _ in range(3):
        done = project.manage("durable_worker")
        assert done.returncode == 1
        assert "dying" in done.stdout
    with project.worker():
        printed = project.run(
            """
            import durable_engine as durable
            import shop.workflows
            try:
                durable.retrieve_workflow("w-1").get_result()
            except durable.AwaitedWorkflowMaxRecoveryAttemptsExceeded as error:
                print(error)
            print(durable.get_workflow_status("w-1").status)
            """
        )
    assert printed == (
        "Workflow 'w-1' was given up after 2 recovery attempts: its processes ended "
        "before it did. Find out what ends them, then call resume_workflow('w-1').\n"
        "MAX_RECOVERY_ATTEMPTS_EXCEEDED\n"
    )


def test_transaction_elsewhere_commits_once_through_a_kill(project, make_database):
    project.databases["other"] = make_database(project.url.partition(":")[0])
    project.workflows(
        """
        import os
        import durable_engine as durable
        from django.db import transaction
        from shop.models import Order

        @durable.transaction(using="other")
        def place():
            number = Order.objects.using("other").count()
            Order.objects.using("other").create(reference=f"A-{number}")
            if "DIE" in os.environ:
                # The user's commit is done, the engine's copy of it is not.
                transaction.on_commit(lambda: os._exit(1), using="other")
            return number

        @durable.workflow
        def program():
            return place()
        """
    )
    project.run(
        """
        import durable_engine as durable
        from shop.workflows import program
        with durable.SetWorkflowID("w-1"):
            durable.start_workflow(program)
        """
    )
    # Claimed as soon as it is up: it may die before it can say that it is ready.
    assert project.manage("durable_worker", DIE="yes").returncode == 1
    with project.worker():
        printed = project.run(
            """
            import durable_engine as durable
            from shop.models import Order
            print(durable.retrieve_workflow("w-1").get_result())
            print(Order.objects.using("other").count())
            """
        )
    assert printed == "0\n1\n"
