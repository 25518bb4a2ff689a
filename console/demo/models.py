"""The shop's own tables: what it sells, and what was ordered."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

FIRST_STOCK = 12
DISPATCH_LEGS = 8


class Widget(models.Model):
    """The one thing that the shop sells; its row is made with the table."""

    stock = models.PositiveIntegerField(default=FIRST_STOCK)

    class Meta:
        verbose_name = _("widget")
        verbose_name_plural = _("widgets")

    def __str__(self) -> str:
        return f"{self.stock} widgets in stock"


class Order(models.Model):
    """One order of one widget. Only the steps of its workflow change it."""

    class State(models.TextChoices):
        """How far the order is."""

        PLACED = "placed", _("Placed")
        AWAITING_PAYMENT = "awaiting_payment", _("Awaiting payment")
        PAID = "paid", _("Paid")
        ON_ITS_WAY = "on_its_way", _("On its way")
        DELIVERED = "delivered", _("Delivered")
        SOLD_OUT = "sold_out", _("Sold out")
        DECLINED = "declined", _("Payment declined")
        EXPIRED = "expired", _("Not paid in time")

    FAILED: ClassVar = {State.SOLD_OUT, State.DECLINED, State.EXPIRED}

    state = models.CharField(max_length=20, choices=State.choices, default=State.PLACED)
    legs_done = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")

    def __str__(self) -> str:
        return f"Order {self.pk}"

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that serves this order, and no other one."""
        return f"order-{self.pk}"

    @property
    def awaits_payment(self) -> bool:
        """Whether the payment page has something to ask."""
        return self.state == self.State.AWAITING_PAYMENT

    @property
    def failed(self) -> bool:
        """Whether no widget will come of it."""
        return self.state in self.FAILED

    @property
    def stages(self) -> list[tuple[str, bool]]:
        """The stages of an order and whether this one has reached each."""
        states = self.State
        way: list[str] = [
            states.AWAITING_PAYMENT,
            states.PAID,
            states.ON_ITS_WAY,
            states.DELIVERED,
        ]
        names = [_("Reserved"), _("Paid"), _("On its way"), _("Delivered")]
        at = way.index(self.state) if self.state in way else -1
        return [(str(name), place <= at) for place, name in enumerate(names)]
