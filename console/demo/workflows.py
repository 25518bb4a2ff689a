"""The shop's workflows: what you would write in your own project.

Kill the process wherever you like: after its restart every order goes on behind its
last finished step. Stock is taken once, a payment is received once, and a parcel
counts its legs from where it was.
"""

import durable_engine as durable
from console.demo.models import DISPATCH_LEGS, Order, Widget

PAYMENT_TIMEOUT_SECONDS = 120
LEG_SECONDS = 2.0
PAID = "paid"
DECLINED = "declined"


@durable.workflow()
def checkout(order_id: int) -> str:
    """Serve one order, from the reservation to the parcel."""
    if not reserve_widget(order_id):
        durable.set_event("payment_id", None)
        return Order.State.SOLD_OUT.value
    durable.set_event("payment_id", f"pay-{order_id}")
    answer = durable.recv("payment", timeout_seconds=PAYMENT_TIMEOUT_SECONDS)
    if answer != PAID:
        return give_back_widget(order_id, timed_out=answer is None)
    mark_paid(order_id)
    with durable.SetWorkflowID(f"parcel-{order_id}"):
        parcel = durable.start_workflow(dispatch, order_id)
    return parcel.get_result()


@durable.workflow()
def dispatch(order_id: int) -> str:
    """Bring one parcel to its customer, leg by leg, with a rest after each."""
    for leg in range(1, DISPATCH_LEGS + 1):
        durable.sleep(LEG_SECONDS)
        travel(order_id, leg)
    return Order.State.DELIVERED.value


@durable.transaction()
def reserve_widget(order_id: int) -> bool:
    """Take one widget for the order, if there is one.

    The stock, the order and the record that this step is done are one commit.
    """
    widget = Widget.objects.select_for_update().get()
    if widget.stock == 0:
        _set(order_id, Order.State.SOLD_OUT)
        return False
    widget.stock -= 1
    widget.save()
    _set(order_id, Order.State.AWAITING_PAYMENT)
    return True


@durable.transaction()
def give_back_widget(order_id: int, *, timed_out: bool) -> str:
    """Undo the reservation."""
    widget = Widget.objects.select_for_update().get()
    widget.stock += 1
    widget.save()
    return _set(order_id, Order.State.EXPIRED if timed_out else Order.State.DECLINED)


@durable.transaction()
def mark_paid(order_id: int) -> None:
    """Note that the money has come."""
    _set(order_id, Order.State.PAID)


@durable.transaction()
def travel(order_id: int, leg: int) -> None:
    """Note how far the parcel is."""
    arrived = leg == DISPATCH_LEGS
    state = Order.State.DELIVERED if arrived else Order.State.ON_ITS_WAY
    Order.objects.filter(pk=order_id).update(state=state, legs_done=leg)


def _set(order_id: int, state: Order.State) -> str:
    Order.objects.filter(pk=order_id).update(state=state)
    return state.value
