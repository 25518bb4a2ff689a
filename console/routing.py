"""Addresses of the console's sockets, which match under any mount point."""

from django.urls import URLPattern

websocket_urlpatterns: list[URLPattern] = []
