"""Bodies of workflows that a replay would mind; each such line says its id."""

import asyncio
import concurrent.futures
import datetime as dt
import functools
import http.client
import os
import os.path
import random as chance
import secrets
import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
import uuid
from datetime import UTC, date, datetime
from os import environ, getenv
from pathlib import Path
from random import Random, randint
from time import sleep as rest
from time import time as clock
from uuid import uuid4

import django.core.mail
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import connection, connections, transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone

import durable_engine as durable
from tests.support.shop.models import Order

SHARED = Random(7)
ROOT = Path("/srv")
in_utc = functools.partial(datetime.now, tz=UTC)


@durable.workflow
def clocks():
    moment = datetime.now(UTC)  # W101
    dt.datetime.utcnow()  # W101
    today = date.today  # another name, called below
    today()  # W101
    in_utc()  # W101
    clock()  # W101
    timezone.now()  # W101
    timezone.localdate()  # W101
    time.localtime()  # W101
    return moment, time.monotonic()  # W101


@durable.workflow
def chances():
    import random as inner

    inner.shuffle([])  # W102
    rng = Random()  # W102
    values = [randint(1, 6), rng.random()]  # W102
    SHARED.random()  # W102
    return (
        values,
        chance.choice([1, 2]),  # W102
        uuid.uuid1(),  # W102
        uuid4(),  # W102
        secrets.token_hex(),  # W102
        os.urandom(8),  # W102
    )


@durable.workflow
async def waits():
    rest(1)  # W103
    await asyncio.sleep(1)  # W103
    await asyncio.to_thread(time.sleep, 1)  # W103
    await sync_to_async(clock)()  # W101


@durable.workflow
def networks(host):
    urllib.request.urlopen(host)  # W104
    http.client.HTTPSConnection(host)  # W104
    with socket.create_connection((host, 80)):  # W104
        pass
    smtplib.SMTP(host)  # W104
    django.core.mail.send_mail("a", "b", "c", ["d"])  # W104


@durable.workflow
def files(name):
    with open(name) as file:  # W105
        file.read()
    (ROOT / name).read_text()  # W105
    path = Path(name)
    if path.exists():  # W105
        path.unlink()  # W105
    Path.cwd()  # W105
    os.path.exists(name)  # W105
    os.listdir(name)  # W105
    shutil.rmtree(name)  # W105
    default_storage.open(name)  # W105
    return tempfile.mkdtemp()  # W105


def fetch() -> Order:
    return Order.objects.get()


@durable.workflow
def databases(key, order: Order):
    found = Order.objects.get(pk=key)  # W106
    made = Order(reference="A-1")
    made.save()  # W106
    fetch().save()  # W106
    order.refresh_from_db()  # W106
    User(pk=key).groups.all()  # W106
    get_user_model().objects.count()  # W106
    get_object_or_404(Order, pk=key)  # W106
    with transaction.atomic():  # W106
        pass
    with connection.cursor() as cursor:  # W106
        cursor.execute("SELECT 1")
    connections["default"].cursor()  # W106
    return found, Order._default_manager.count()  # W106


@durable.workflow
def threads():
    threading.Thread(target=print).start()  # W107
    with concurrent.futures.ThreadPoolExecutor() as pool:  # W107
        pool.submit(print)
    subprocess.run(["true"], check=True)  # W107
    os.system("true")  # W107


@durable.workflow
def environments():
    os.environ["A"] = "b"  # W108
    if "A" in environ:  # W108
        return getenv("A")  # W108
    return os.getpid()  # W108


@durable.workflow
def within_functions_of_its_own():
    def now():
        return datetime.now(UTC)  # W101

    later = lambda: time.time()  # W101

    def both():
        return uuid4()  # W102

    durable.run_step(None, both)
    durable.run_step(None, print, time.time())  # W101
    return now(), later(), both(), [time.time() for _ in range(2)]  # W101


class Shop:
    @staticmethod
    @durable.workflow
    def method(wait=None):
        return wait or time.time()  # W101


by_itself = durable.workflow(name="tests.checks.by_itself")(lambda: time.time())  # W101
