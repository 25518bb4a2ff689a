"""Addresses of the console, to be included under any mount point."""

from django.urls import URLPattern, URLResolver

app_name = "durable_console"
urlpatterns: list[URLPattern | URLResolver] = []
