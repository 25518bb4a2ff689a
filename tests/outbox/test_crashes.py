"""A process that dies around the commit: the order and its workflows, or neither."""

import json

from tests.support.project import Project

WORKFLOWS = """
    import durable_engine as durable
    from shop.models import Note

    queue = durable.Queue("outbox")

    @durable.transaction
    def note(text):
        Note.objects.create(text=text)

    @durable.workflow
    def ship(reference):
        note(reference)
        return durable.recv(timeout_seconds=None)
"""
SCRIPT = """
    import json, os
    from django.db import connections, transaction
    import durable_engine as durable
    from shop.models import Note, Order
    from shop.workflows import queue, ship

    def start(reference):
        with durable.SetWorkflowID(reference):
            durable.start_workflow(ship, reference)

    def enqueue(reference):
        with durable.SetWorkflowID(reference):
            queue.enqueue(ship, reference)

    def enqueue_many(reference):
        again = durable.Call(ship, (reference,), workflow_id=f"{reference}-2")
        first = durable.Call(ship, (reference,), workflow_id=reference)
        queue.enqueue_many([first, again])

    def die():
        os._exit(9)

    def nothing():
        pass

    # What dies, by the place of its death: before the start, before the commit,
    # after it but before any callback, after the block.
    PLACES = {
        "written": lambda at: (die, nothing, nothing),
        "started": lambda at: (nothing, die, nothing),
        "committed": lambda at: (nothing, nothing, die),
        "left": lambda at: (nothing, nothing, nothing),
    }

    def run(begin, place):
        reference = f"{begin.__name__}-{place}"
        written, started, committed = PLACES[place](reference)
        with transaction.atomic():
            transaction.on_commit(committed)
            Order.objects.create(reference=reference)
            written()
            with transaction.atomic():
                begin(reference)
                durable.send(reference, "paid")
            started()
        die()

    def in_a_child(function, *args):
        pid = os.fork()
        if pid == 0:
            try:
                function(*args)
            finally:
                os._exit(1)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    begins = (start, enqueue, enqueue_many)
    codes = [in_a_child(run, begin, place) for begin in begins for place in PLACES]
    orders = set(Order.objects.values_list("reference", flat=True))
    workflows = {one.workflow_id for one in durable.list_workflows()}
    durable.launch()
    results = {one: durable.retrieve_workflow(one).get_result() for one in orders}
    notes = sorted(Note.objects.values_list("text", flat=True))
    durable.destroy()
    print(json.dumps([codes, sorted(orders), sorted(workflows), results, notes]))
"""
KEPT = sorted(
    f"{begin}-{place}"
    for begin in ("start", "enqueue", "enqueue_many")
    for place in ("committed", "left")
)


def test_order_and_workflow_or_neither(project: Project) -> None:
    project.workflows(WORKFLOWS)
    codes, orders, workflows, results, notes = json.loads(project.run(SCRIPT))
    seconds = [f"enqueue_many-{place}-2" for place in ("committed", "left")]
    assert codes == [9] * 12
    assert orders == KEPT
    assert workflows == sorted([*KEPT, *seconds])
    assert results == dict.fromkeys(KEPT, "paid")
    # Each ran once, the second ones of a bulk too.
    assert notes == sorted([*KEPT, *(one.removesuffix("-2") for one in seconds)])
