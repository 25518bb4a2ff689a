"""Checkout: reserve, publish the payment's id, wait for the payment, ship."""

import pytest

from tests.support.project import Project

PROGRAM = """
    import durable_engine as DBOS
    from durable_engine import SetWorkflowID
    from django.db.models import F
    from shop.ledger import log
    from shop.models import Order

    PAYMENT_STATUS = "payment_status"
    PAYMENT_ID = "payment_id"
    ORDER_ID = "order_id"
    WIDGET = "widget"

    @DBOS.workflow()
    def checkout_workflow():
        order_id = create_order()
        if not reserve_inventory():
            update_order_status(order_id, "CANCELLED")
            DBOS.set_event(PAYMENT_ID, None)
            return "no stock"
        DBOS.set_event(PAYMENT_ID, DBOS.workflow_id)
        DBOS.logger.info("waiting for the payment of %s", order_id)
        payment_status = DBOS.recv(PAYMENT_STATUS, timeout_seconds=60)
        if payment_status == "paid":
            update_order_status(order_id, "PAID")
            DBOS.start_workflow(dispatch_order, order_id)
        else:
            undo_reserve_inventory()
            update_order_status(order_id, "CANCELLED")
        DBOS.set_event(ORDER_ID, order_id)
        return payment_status

    @DBOS.workflow()
    def dispatch_order(order_id):
        for number in range(4):
            DBOS.sleep(0.2)
            update_order_progress(order_id, number)
        update_order_status(order_id, "DISPATCHED")

    @DBOS.transaction()
    def create_order():
        log("create order")
        order = Order.objects.create(reference=f"order of {DBOS.workflow_id}")
        return order.pk

    @DBOS.transaction()
    def reserve_inventory():
        log("reserve inventory")
        reserved = Order.objects.filter(reference=WIDGET, amount__gt=0)
        return reserved.update(amount=F("amount") - 1) > 0

    @DBOS.transaction()
    def undo_reserve_inventory():
        log("undo reserve")
        Order.objects.filter(reference=WIDGET).update(amount=F("amount") + 1)

    @DBOS.transaction()
    def update_order_status(order_id, status):
        log(f"status {status}")
        Order.objects.filter(pk=order_id).update(state=status)

    @DBOS.transaction()
    def update_order_progress(order_id, number):
        log(f"progress {number}")
        Order.objects.filter(pk=order_id).update(amount=F("amount") + 1)
"""

# What the tutorial's web process does, endpoint by endpoint.
CHECKOUT = """
    import durable_engine as DBOS
    from durable_engine import SetWorkflowID, WorkflowHandle
    from shop.models import Order
    from shop.workflows import *
    Order.objects.get_or_create(reference=WIDGET, defaults={"amount": 10})
    with SetWorkflowID("order-1"):
        handle: WorkflowHandle = DBOS.start_workflow(checkout_workflow)
    print(DBOS.get_event(handle.workflow_id, PAYMENT_ID))
"""
PAY = """
    import durable_engine as DBOS
    from shop.models import Order
    from shop.workflows import *
    DBOS.send("order-1", "{answer}", PAYMENT_STATUS)
    order_id = DBOS.get_event("order-1", ORDER_ID)
    print(DBOS.retrieve_workflow("order-1").get_result())
    for child in DBOS.list_workflows(parent_workflow_id="order-1"):
        DBOS.retrieve_workflow(child.id).get_result()
    order = Order.objects.get(pk=order_id)
    print(order.state, order.amount, Order.objects.get(reference=WIDGET).amount)
"""
SHIPPED = [
    "create order",
    "reserve inventory",
    "status PAID",
    *(f"progress {number}" for number in range(4)),
    "status DISPATCHED",
]


@pytest.fixture(autouse=True)
def program(project: Project, ledger):
    project.workflows(PROGRAM)


def test_in_one_process(project, ledger):
    launch = "import durable_engine as DBOS; DBOS.launch()"
    program = f"    {launch}\n{CHECKOUT}\n{PAY.format(answer='paid')}"
    printed = project.run(program).splitlines()
    assert [line for line in printed if line not in ledger.lines()] == [
        "order-1",
        "paid",
        "DISPATCHED 4 9",
    ]
    assert ledger.lines() == SHIPPED


def test_declined(project, ledger):
    with project.worker():
        assert project.run(CHECKOUT) == "order-1\n"
        assert project.run(PAY.format(answer="failed")) == "failed\nCANCELLED 0 10\n"
    assert "undo reserve" in ledger.lines()


def test_out_of_stock(project, ledger):
    with project.worker():
        project.run(
            """
            from shop.models import Order
            Order.objects.create(reference="widget", amount=0)
            """
        )
        assert project.run(CHECKOUT) == "None\n"


def test_second_click_buys_once(project, ledger):
    with project.worker():
        for _ in range(2):
            assert project.run(CHECKOUT) == "order-1\n"
        assert project.run(PAY.format(answer="paid")) == "paid\nDISPATCHED 4 9\n"
    assert ledger.repeated() == []


def test_worker_killed_while_waiting_and_while_shipping(project, ledger):
    with project.worker() as first:
        assert project.run(CHECKOUT) == "order-1\n"
        first.kill()
    with project.worker() as second, project.start(PAY.format(answer="paid")) as pay:
        second.wait_for("progress 1")
        second.kill()
        with project.worker():
            pay.wait_for("paid")
            pay.wait_for("DISPATCHED 4 9")
    # A transaction that was killed before its commit may have written a line twice;
    # the amounts above say that each committed once.
    assert sorted(set(ledger.lines())) == sorted(SHIPPED)
