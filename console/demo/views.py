"""The shop's pages. Anybody may buy; the demo serves them to this machine only."""

import os
import signal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST, require_safe

from console.demo import orders
from console.demo.models import DISPATCH_LEGS, Order


@require_safe
def shop(request: HttpRequest) -> HttpResponse:
    """Show the widget, the stock and the newest orders; pieces of it on request."""
    context = {
        "stock": orders.stock(),
        "orders": orders.newest(),
        "legs": DISPATCH_LEGS,
    }
    piece = request.headers.get("HX-Request") == "true"
    template = "durable_demo/state.html" if piece else "durable_demo/shop.html"
    response = render(request, template, context)
    add_never_cache_headers(response)
    return response


@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Place an order and lead to its payment, or back to the shop."""
    del request
    placed = orders.place()
    if orders.payment_asked(placed):
        return redirect("durable_demo:payment", placed.pk)
    return redirect("durable_demo:shop")


@require_safe
def payment(request: HttpRequest, order_id: int) -> HttpResponse:
    """Ask for the payment of an order."""
    found = get_object_or_404(Order, pk=order_id)
    return render(request, "durable_demo/payment.html", {"order": found})


@require_POST
def answer_payment(request: HttpRequest, order_id: int) -> HttpResponse:
    """Pass the customer's answer on to the workflow."""
    found = get_object_or_404(Order, pk=order_id)
    orders.answer(found, paid=request.POST.get("answer") == "pay")
    return redirect("durable_demo:shop")


@require_POST
def restock(request: HttpRequest) -> HttpResponse:
    """Fill the shelf."""
    del request
    orders.restock()
    return redirect("durable_demo:shop")


@require_POST
def crash(request: HttpRequest) -> HttpResponse:
    """End this process as a power failure would; `manage.py demo` starts another."""
    del request
    os.kill(os.getpid(), signal.SIGKILL)
    return HttpResponse(status=204)  # never reached
