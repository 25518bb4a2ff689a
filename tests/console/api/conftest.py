"""Fixtures of the API's tests: programs with tokens, and browsers with sessions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client

from console.actions import tokens
from console.actors import Actor
from console.permissions import Permission
from console.tokens import TokenOrder, permissions_named
from tests.console.conftest import make_user

ROOT = "/durable/api/"
EVERYTHING = [permission.value for permission in Permission]

SHELL = Actor(user=AnonymousUser(), via="command", address=None, label="tests")


class Program:
    """Somebody who calls the API, and gets parsed answers."""

    def __init__(self, client: Client, **headers: str) -> None:
        self.client = client
        self.headers = headers

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request below the API; returns Django's response."""
        more = {} if body is None else {"data": body}
        if body is not None:
            more["content_type"] = "application/json"
        url = path if path.startswith("/") else ROOT + path
        sent = {**self.headers, **headers}
        return getattr(self.client, method)(url, headers=sent, **more)

    def get(self, path: str, status: int = 200) -> Any:
        """Read something; returns the parsed answer."""
        return parsed(self.call("get", path), status)

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """Do something; returns the parsed answer."""
        return parsed(self.call("post", path, body), status)


MakeProgram = Callable[..., Program]


def parsed(response: Any, status: int) -> Any:
    """Return what a response says; every error is a problem."""
    assert response.status_code == status, response.content
    if status == 204:
        return None
    answer = response.json()
    if status >= 400:
        assert response["Content-Type"] == "application/problem+json"
        assert answer["status"] == status
        assert set(answer) >= {"type", "title", "detail", "instance"}
    return answer


def token_of(user: User, *permissions: str) -> str:
    """Make a token for a user; returns its text."""
    named = permissions_named(permissions)
    order = TokenOrder(user=user, name="tests", permissions=named)
    return tokens.create(SHELL, order).text


def program(name: str, *permissions: str) -> Program:
    """Make a user with these permissions, and a token with all of them."""
    user = make_user(name, *(one.rpartition(".")[2] for one in permissions))
    text = token_of(user, *permissions)
    return Program(Client(enforce_csrf_checks=True), Authorization=f"Bearer {text}")


@pytest.fixture
def everything(engine_database: str) -> Program:
    """A program that may do everything."""
    del engine_database
    return program("everything", *EVERYTHING)


@pytest.fixture
def reader(engine_database: str) -> Program:
    """A program that may view workflows, and nothing else."""
    del engine_database
    return program("reader", "durable_engine.view_workflow")
