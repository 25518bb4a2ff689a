"""A site without the console, whose orders show their workflows."""

from django.contrib import admin
from django.urls import path

from durable_engine.admin import WorkflowAdmin, WorkflowInline
from durable_engine.models import Workflow
from tests.support.shop.models import Order

site = admin.AdminSite(name="plain")


@admin.register(Order, site=site)
class OrderAdmin(admin.ModelAdmin):
    inlines = [WorkflowInline]


site.register(Workflow, WorkflowAdmin)
urlpatterns = [path("plain/", site.urls)]
