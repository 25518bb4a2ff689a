"""Addresses of the bundled site."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(url="durable/")),
    path("admin/", admin.site.urls),
    path("durable/", include("console.urls")),
]
