"""Starts in views: `ATOMIC_REQUESTS`, views that open a block, coroutine views."""

from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from django.db import connections, transaction
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

import durable_engine as durable
from tests.support.shop.models import Order


@durable.workflow
def ship(reference):
    return reference


def place(request):
    Order.objects.create(reference="A-1")
    durable.start_workflow(ship, "A-1")
    if "fail" in request.GET:
        raise ValueError("no")
    return HttpResponse("placed")


def call(request):
    return HttpResponse(ship("A-1"))


@transaction.non_atomic_requests
def call_alone(request):
    return call(request)


@sync_to_async
@transaction.atomic
def place_together(request):
    return place(request)


async def place_async(request):
    return await place_together(request)


async def start_async(request):
    handle = await durable.start_workflow_async(ship, "A-1")
    return HttpResponse(handle.workflow_id)


urlpatterns = [
    path("place/", place),
    path("call/", call_alone),
    path("call-atomic/", call),
    path("place-async/", transaction.non_atomic_requests(place_async)),
    path("start-async/", transaction.non_atomic_requests(start_async)),
]


@pytest.fixture
def site(engine_database):
    with (
        override_settings(ROOT_URLCONF=__name__),
        patch.dict(connections.settings["default"], ATOMIC_REQUESTS=True),
    ):
        yield


def counts():
    return Order.objects.count(), len(durable.list_workflows())


def test_atomic_requests(site):
    client = Client(SERVER_NAME="localhost")
    with pytest.raises(ValueError, match="no"):
        client.get("/place/?fail")
    assert counts() == (0, 0)
    assert client.get("/place/").content == b"placed"
    assert counts() == (1, 1)
    with pytest.raises(durable.AtomicBlock):
        client.get("/call-atomic/")
    assert client.get("/call/").content == b"A-1"
    assert counts() == (1, 2)


async def test_coroutine_views(site):
    client = AsyncClient(SERVER_NAME="localhost")
    with pytest.raises(ValueError, match="no"):
        await client.get("/place-async/?fail")
    assert await sync_to_async(counts)() == (0, 0)
    assert (await client.get("/place-async/")).content == b"placed"
    assert (await client.get("/start-async/")).status_code == 200
    assert await sync_to_async(counts)() == (1, 2)
