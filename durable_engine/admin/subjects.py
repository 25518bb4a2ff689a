"""`WorkflowInline`: the workflows of an object, on the object's own page."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.checks import InlineModelAdminChecks
from django.core.checks import CheckMessage
from django.db.models import Model
from django.forms.models import BaseModelFormSet, modelformset_factory
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from durable_engine.admin.pages import VIEW, console_address
from durable_engine.models import Workflow

if TYPE_CHECKING:
    _FormSet = BaseModelFormSet[Any, Any]
    _Inline = admin.TabularInline[Any, Any]
else:
    _FormSet, _Inline = BaseModelFormSet, admin.TabularInline  # not generic

MOST_ROWS = 20


class _Checks(InlineModelAdminChecks):
    """A workflow names its subject by type and id; there is no foreign key."""

    def _check_exclude_of_parent_model(
        self, obj: Any, parent_model: Any
    ) -> list[CheckMessage]:
        del obj, parent_model
        return []

    def _check_relation(self, obj: Any, parent_model: Any) -> list[CheckMessage]:
        del obj, parent_model
        return []


class SubjectFormSet(_FormSet):
    """The newest workflows of a subject; never bound, so that nothing is written."""

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        instance: Model | None = None,
        save_as_new: bool = False,
        prefix: str | None = None,
        queryset: Any = None,
        **kwargs: Any,
    ) -> None:
        del data, files, save_as_new
        rows = Workflow.objects.none() if queryset is None else queryset
        if instance is None or instance.pk is None:
            rows = rows.none()
        else:
            label = instance._meta.label_lower  # noqa: SLF001 - Django's API
            rows = rows.filter(subject_type=label, subject_id=str(instance.pk))
        self._rows = rows.order_by("-created_at", "-pk")[:MOST_ROWS]
        super().__init__(prefix=prefix, queryset=rows, **kwargs)

    def get_queryset(self) -> Any:
        """Return the rows as they are: a set of forms would put them in order anew."""
        return self._rows

    def is_valid(self) -> bool:
        """There is nothing that could be wrong."""
        return True

    def save(self, commit: bool = True) -> list[Any]:
        """Save nothing, and say so."""
        del commit
        self.new_objects: list[Any] = []
        self.changed_objects: list[Any] = []
        self.deleted_objects: list[Any] = []
        return []


class WorkflowInline(_Inline):
    """The newest workflows that were started with `subject=` the object shown.

    ```python
    @admin.register(Order)
    class OrderAdmin(admin.ModelAdmin):
        inlines = [WorkflowInline]
    ```
    """

    model = Workflow
    formset = SubjectFormSet  # type: ignore[assignment]  # needs no foreign key
    checks_class = _Checks
    extra = 0
    max_num = 0
    can_delete = False
    verbose_name_plural = _("newest workflows")
    fields = readonly_fields = (
        "workflow",
        "name",
        "status",
        "created_at",
        "completed_at",
    )

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return the set of rows, without a form field among them."""
        del request, obj, kwargs
        return modelformset_factory(
            Workflow, formset=SubjectFormSet, fields=(), extra=0, max_num=0
        )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave payloads where they are."""
        return super().get_queryset(request).defer("inputs", "output", "error")

    @admin.display(description=_("workflow"))
    def workflow(self, obj: Workflow) -> SafeString:
        """A link to the console's page, else to the admin's."""
        address = console_address(obj.pk) or reverse(
            f"{self.admin_site.name}:durable_engine_workflow_change", args=[obj.pk]
        )
        return format_html('<a href="{}">{}</a>', address, obj.pk)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may view workflows."""
        del obj
        return bool(request.user.has_perm(VIEW))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        del request, obj
        return False
