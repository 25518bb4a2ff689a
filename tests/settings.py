"""Settings of the tests that run in pytest's own process.

The bundled site with one app more. The database that is named here is empty and in
memory: a test asks for `engine_database` to get a migrated one.
"""

import os

import django

os.environ.setdefault("DURABLE_SECRET_KEY", "only-for-tests")

from console.project.environment import database_from_url
from console.project.settings import *  # noqa: F403
from console.project.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.support.shop"]
if django.VERSION < (6,):
    INSTALLED_APPS += ["django_tasks"]
TASKS = {"default": {"BACKEND": "durable_engine.tasks.DurableBackend", "QUEUES": []}}
DATABASES = {
    "default": database_from_url(
        os.environ.get("DURABLE_TEST_DATABASE", "sqlite:///:memory:")
    )
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
