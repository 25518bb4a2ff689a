"""Tables that the workflows of tests write to."""

from django.db import models


class Order(models.Model):
    """One order, with a number that no other order has."""

    reference = models.CharField(max_length=100, unique=True)
    state = models.CharField(max_length=20, default="new")
    amount = models.IntegerField(default=0)

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.reference


class Note(models.Model):
    """One line that some step wrote; counting them counts executions."""

    text = models.CharField(max_length=200)
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.text
