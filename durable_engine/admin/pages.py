"""The admin's pages of workflows, queues, schedules, executors and versions."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from durable_engine.admin.lists import BoundedPaginator, NewestChangeList
from durable_engine.errors import SerializationError
from durable_engine.models import (
    ApplicationVersion,
    Executor,
    Queue,
    Schedule,
    Workflow,
)
from durable_engine.serialization import opened

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin  # at run time it is not generic

VIEW = "durable_engine.view_workflow"
VIEW_PAYLOAD = "durable_engine.view_payload"
PAYLOAD_CHARACTERS = 10_000

_PAYLOADS = ("inputs", "output", "error")


def console_address(workflow_id: str) -> str | None:
    """Return where the console shows a workflow, or None if it is not mounted."""
    try:
        return reverse("durable_console:workflow", args=[workflow_id])
    except NoReverseMatch:
        return None


class ReadOnlyAdmin(_ModelAdmin):
    """Shows rows of the engine, which alone writes them."""

    actions = None
    list_per_page = 50
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()  # no column but those of the order has an index

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may view workflows sees the engine in the admin."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may view workflows may view all that runs them."""
        del obj
        return bool(request.user.has_perm(VIEW))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        del request, obj
        return False


@admin.register(Workflow)
class WorkflowAdmin(ReadOnlyAdmin):
    """Workflows, newest first; the payloads of one with the permission for them."""

    list_display = ("id", "name", "status", "created_at", "took", "page")
    list_filter = ("status",)
    ordering = ("-created_at", "-id")
    search_fields = ("id", "name")
    search_help_text = _("A whole id, or a part of id or name among the newest.")
    readonly_fields = ("took", "shown_inputs", "shown_output", "shown_error")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        """Use the list that stays within bounds."""
        del request, kwargs
        return NewestChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave payloads where they are until they are shown."""
        return super().get_queryset(request).defer(*_PAYLOADS)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Group the facts, and add what only some may see."""
        del obj
        sections: list[tuple[Any, dict[str, Any]]] = [
            (None, {"fields": ("id", "name", "status", "app_version", "executor_id")}),
            (
                _("Times"),
                {
                    "fields": (
                        *("created_at", "started_at", "completed_at", "took"),
                        *("deadline", "delay_until", "wake_at", "waiting_on"),
                    )
                },
            ),
            (
                _("Origin"),
                {
                    "fields": (
                        *("queue_name", "priority", "deduplication_id"),
                        *("parent_workflow_id", "forked_from", "schedule_name"),
                        *("subject_type", "subject_id", "started_by"),
                        *("recovery_attempts", "epoch"),
                    )
                },
            ),
        ]
        if request.user.has_perm(VIEW_PAYLOAD):
            shown = ("shown_inputs", "shown_output", "shown_error", "attributes")
            sections.append((_("Payloads"), {"fields": shown}))
        return sections

    def view_on_site(self, obj: Workflow) -> str | None:
        """Lead to the console's page, where the console is mounted."""
        return console_address(obj.pk)

    @admin.display(description=_("took"))
    def took(self, obj: Workflow) -> str:
        """How long it ran, from its start to its end."""
        if obj.started_at is None or obj.completed_at is None:
            return self.get_empty_value_display()
        seconds = (obj.completed_at - obj.started_at).total_seconds()
        return f"{seconds:.3f}\N{NO-BREAK SPACE}s"

    @admin.display(description=_("console"))
    def page(self, obj: Workflow) -> SafeString | str:
        """A link to the console's page, where the console is mounted."""
        address = console_address(obj.pk)
        if address is None:
            return self.get_empty_value_display()
        return format_html('<a href="{}">{}</a>', address, _("open"))

    @admin.display(description=_("inputs"))
    def shown_inputs(self, obj: Workflow) -> SafeString | str:
        """What it was called with."""
        return self._shown(obj.inputs)

    @admin.display(description=_("output"))
    def shown_output(self, obj: Workflow) -> SafeString | str:
        """What it returned."""
        return self._shown(obj.output)

    @admin.display(description=_("error"))
    def shown_error(self, obj: Workflow) -> SafeString | str:
        """What it raised."""
        return self._shown(obj.error)

    def _shown(self, stored: str | None) -> SafeString | str:
        """Write the beginning of a payload as stored, decrypted if it has to be."""
        if stored is None:
            return self.get_empty_value_display()
        try:
            text = opened(stored)
        except SerializationError as error:
            text = error.reason
        return format_html("<pre>{}</pre>", text[:PAYLOAD_CHARACTERS])


@admin.register(Queue)
class QueueAdmin(ReadOnlyAdmin):
    """Queues with what code declares and operators override."""

    list_display = ("name", "paused", "declared", "overridden", "updated_at")
    ordering = ("name",)
    search_fields = ("name",)


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    """Schedules and their last ticks."""

    list_display = ("name", "workflow_name", "expression", "timezone", "paused", "last")
    ordering = ("name",)
    search_fields = ("name", "workflow_name")

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the context out where payloads may not be seen."""
        del obj
        return () if request.user.has_perm(VIEW_PAYLOAD) else ("context",)

    @admin.display(description=_("last tick"))
    def last(self, obj: Schedule) -> Any:
        """The newest tick that was started."""
        return obj.last_slot or self.get_empty_value_display()


@admin.register(Executor)
class ExecutorAdmin(ReadOnlyAdmin):
    """Processes that run workflows, and whether they are alive."""

    list_display = ("id", "alive", "hostname", "pid", "app_version", "heartbeat_at")
    ordering = ("-started_at", "id")
    search_fields = ("id", "hostname")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Add whether the lease holds, by the database's clock."""
        rows: QuerySet[Any] = super().get_queryset(request)
        found: QuerySet[Any] = rows.annotate(database_now=Now())
        return found

    @admin.display(description=_("alive"), boolean=True)
    def alive(self, obj: Any) -> bool:
        """Whether its lease holds."""
        return bool(obj.lease_expires_at > obj.database_now)


@admin.register(ApplicationVersion)
class ApplicationVersionAdmin(ReadOnlyAdmin):
    """Versions of the application that ever ran."""

    list_display = ("name", "created_at", "last_seen_at")
    ordering = ("-created_at", "name")
