"""Forms of the console's pages: what people type, checked, with the mend beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from console.permissions import Permission
from console.tables.queues import Limit

_MOST = 2**31 - 1
_LONGEST_PERIOD = 366 * 86_400


class LimitsForm(forms.Form):
    """Limits of a queue; an empty field means what code declares."""

    concurrency = forms.IntegerField(min_value=1, max_value=_MOST, required=False)
    worker_concurrency = forms.IntegerField(
        min_value=1, max_value=_MOST, required=False
    )
    starts = forms.IntegerField(min_value=1, max_value=_MOST, required=False)
    period_seconds = forms.FloatField(
        min_value=0.001, max_value=_LONGEST_PERIOD, required=False
    )
    partition_concurrency = forms.IntegerField(
        min_value=1, max_value=_MOST, required=False
    )

    def __init__(
        self, limits: Sequence[Limit], data: Mapping[str, Any] | None = None
    ) -> None:
        self.limits = {limit.name: limit for limit in limits}
        initial = {name: limit.overridden for name, limit in self.limits.items()}
        limiter = initial.pop("limiter") or {}
        initial["starts"] = limiter.get("limit")
        initial["period_seconds"] = limiter.get("period")
        super().__init__(data, initial=initial)

    def clean(self) -> dict[str, Any]:
        """Refuse half of a rate."""
        values: dict[str, Any] = super().clean() or {}
        given = [name for name in ("starts", "period_seconds") if values.get(name)]
        broken = {"starts", "period_seconds"} & set(self.errors)
        if len(given) == 1 and not broken:
            other = {"starts": "period_seconds", "period_seconds": "starts"}[given[0]]
            self.add_error(other, _("A rate needs both: how many, and in how long."))
        return values

    def changes(self) -> dict[str, Any]:
        """Return the limits that change; None resets one to what code declares."""
        values = dict(self.cleaned_data)
        starts, period = values.pop("starts"), values.pop("period_seconds")
        values["limiter"] = {"limit": starts, "period": period} if starts else None
        return {
            name: value
            for name, value in values.items()
            if value != self.limits[name].overridden
        }


class BackfillForm(forms.Form):
    """From when to when a schedule is to be made up for."""

    start = forms.DateTimeField()
    end = forms.DateTimeField()

    def clean(self) -> dict[str, Any]:
        """Refuse a time that ends before it begins."""
        values: dict[str, Any] = super().clean() or {}
        start, end = values.get("start"), values.get("end")
        if start is not None and end is not None and start >= end:
            self.add_error("end", _("The end must come after the beginning."))
        return values


class TokenForm(forms.Form):
    """What a new API token is for, what it may do, and until when."""

    LIFETIMES = ((30, _("30 days")), (90, _("90 days")), (365, _("a year")))

    name = forms.CharField(max_length=100)
    scope = forms.MultipleChoiceField()
    days = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)

    def __init__(
        self,
        allowed: Sequence[Permission],
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={"days": 90})
        self.allowed = list(allowed)
        choices = [(one.value, one.value) for one in self.allowed]
        self.fields["scope"].choices = choices  # type: ignore[attr-defined]
        lifetimes = [*self.LIFETIMES, ("", _("no end"))]
        self.fields["days"].choices = lifetimes  # type: ignore[attr-defined]

    def permissions(self) -> list[Permission]:
        """Return the permissions that were chosen."""
        return [Permission(name) for name in self.cleaned_data["scope"]]
