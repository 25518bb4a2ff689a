"""Settings of a small site that uses the engine, and the console if told to."""

import json
import os

from console.project.environment import database_from_url

SECRET_KEY = "only-for-tests"  # noqa: S105
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
DATABASES = {
    alias: database_from_url(url)
    for alias, url in json.loads(os.environ["MYSITE_DATABASES"]).items()
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "durable_engine",
    "shop",
]
DURABLE_ENGINE = {"DATABASE": "default"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ROOT_URLCONF = "mysite.urls"

if "MYSITE_CONSOLE" in os.environ:
    from console.project import settings as bundled

    INSTALLED_APPS = [
        *(app for app in bundled.INSTALLED_APPS if app != "console.demo"),
        "shop",
    ]
    MIDDLEWARE = bundled.MIDDLEWARE
    TEMPLATES = bundled.TEMPLATES
    STATIC_URL = "static/"
    ASGI_APPLICATION = "mysite.asgi.application"
    CHANNEL_LAYERS = bundled.CHANNEL_LAYERS
    LOGIN_URL = "admin:login"
