"""What the shop's pages do and show."""

from django.db import transaction

import durable_engine as durable
from console.demo import workflows
from console.demo.models import FIRST_STOCK, Order, Widget

SHOWN_ORDERS = 12
PATIENCE_SECONDS = 5.0


def place() -> Order:
    """Create an order and start its workflow: both or neither (one transaction)."""
    with transaction.atomic():
        order = Order.objects.create()
        with (
            durable.SetWorkflowID(order.workflow_id),
            durable.SetWorkflowAttributes({"order": order.pk}, subject=order),
        ):
            durable.start_workflow(workflows.checkout, order.pk)
    return order


def payment_asked(order: Order) -> bool:
    """Wait until the workflow asks for the payment; False: it will not, or not yet."""
    order_id = order.workflow_id
    return bool(
        durable.get_event(order_id, "payment_id", timeout_seconds=PATIENCE_SECONDS)
    )


def answer(order: Order, *, paid: bool) -> None:
    """Tell the workflow how the payment went; a second answer is dropped."""
    durable.send(
        order.workflow_id,
        workflows.PAID if paid else workflows.DECLINED,
        topic="payment",
        idempotency_key="payment",
    )


def restock() -> None:
    """Fill the shelf."""
    Widget.objects.update(stock=FIRST_STOCK)


def stock() -> int:
    """Return how many widgets are left."""
    return Widget.objects.get().stock


def newest() -> list[Order]:
    """Return the orders that were placed last."""
    return list(Order.objects.order_by("-pk")[:SHOWN_ORDERS])
