"""Addresses of the small site; the console is not mounted where its docs mount it."""

from django.apps import apps
from django.urls import include, path

urlpatterns = []
if apps.is_installed("console"):
    from django.contrib import admin

    urlpatterns = [
        path("admin/", admin.site.urls),
        path("ops/durable/", include("console.urls")),
    ]
