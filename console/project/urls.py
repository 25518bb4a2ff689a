"""Addresses of the bundled site."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.generic import RedirectView

handler404 = "console.views.troubles.nowhere"
handler500 = "console.views.troubles.broken"

urlpatterns = [
    path("", RedirectView.as_view(url="shop/" if settings.DEMO else "durable/")),
    path("admin/", admin.site.urls),
    path(
        "login/",
        LoginView.as_view(
            template_name="durable_console/login.html",
            redirect_authenticated_user=True,
        ),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("durable/", include("console.urls")),
]
if settings.DEMO:
    urlpatterns.append(path("shop/", include("console.demo.urls")))
