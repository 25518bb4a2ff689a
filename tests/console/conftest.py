"""Fixtures of the console's tests."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

MakeUser = Callable[..., User]


def make_user(name: str, *permissions: str) -> User:
    """Create a user with these of the engine's permissions."""
    user = User.objects.create_user(name)
    for codename in permissions:
        user.user_permissions.add(Permission.objects.get(codename=codename))
    return user


@pytest.fixture
def viewer(engine_database: str) -> Client:
    """A browser of somebody who may view workflows, and nothing else."""
    del engine_database
    client = Client()
    client.force_login(make_user("viewer", "view_workflow"))
    return client


@pytest.fixture
def auditor(engine_database: str) -> Client:
    """A browser of somebody who may also see payloads."""
    del engine_database
    client = Client()
    client.force_login(make_user("auditor", "view_workflow", "view_payload"))
    return client


@pytest.fixture
def stranger(engine_database: str) -> Client:
    """A browser of somebody who is logged in and may do nothing."""
    del engine_database
    client = Client()
    client.force_login(make_user("stranger"))
    return client


@pytest.fixture
def chief(engine_database: str) -> Client:
    """A browser of somebody who may do everything."""
    del engine_database
    client = Client()
    client.force_login(User.objects.create_superuser("chief"))
    return client
