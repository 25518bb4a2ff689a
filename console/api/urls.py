"""Addresses of the JSON API, to be included by `console.urls` below `api/`."""

from collections.abc import Iterator
from functools import partial, update_wrapper

from django.urls import URLPattern, path, re_path, register_converter
from ninja import NinjaAPI

from console.addresses import KeyConverter, LongKeyConverter
from console.api import (
    acting,
    bulk,
    contents,
    document,
    feed,
    health,
    metrics,
    problems,
    processes,
    queues,
    schedules,
    workflows,
)
from console.api.bodies import JSONBodies
from console.api.callers import authenticate
from console.api.doors import door, nothing_here
from console.api.plain import PlainJSON

register_converter(KeyConverter, "durable_key")
register_converter(LongKeyConverter, "durable_long_key")

_DESCRIPTION = (
    "Durable workflows for programs: start, watch, steer. Every error is a problem "
    "document (RFC 9457); every list answers `items` and `next`."
)

api = NinjaAPI(
    title="Durable workflows",
    version="1",
    description=_DESCRIPTION,
    openapi_url=None,
    docs_url=None,
    auth=authenticate,
    renderer=PlainJSON(),
    parser=JSONBodies(),
    urls_namespace="durable_api",
)
problems.install(api)
ROOMS = (
    *(workflows, acting, bulk, contents, feed, queues, schedules, processes, metrics),
    health,
)
for router in dict.fromkeys(room.router for room in ROOMS):
    api.add_router("", router)


def _addresses() -> Iterator[URLPattern]:
    """Yield the addresses of resources, then the same for keys with slashes in them.

    Servers decode `%2F` before they route: who writes an id so, and not as our links
    do, is understood where that is not ambiguous.
    """
    found = [one for one in api.urls[0] if isinstance(one, URLPattern)]
    long: list[tuple[str, URLPattern]] = []
    # Words first: `workflows/bulk` is no id.
    for one in sorted(found, key=lambda one: "<" in str(one.pattern)):
        route = str(one.pattern)
        if one.name == "api-root":
            continue
        yield path(route, door(one.callback), name=one.name)
        if "<durable_key:" in route:
            first_key = route.replace("<durable_key:", "<durable_long_key:", 1)
            long.append((first_key, one))
    # The longest tails first: `a/b/steps` means steps before it means an id.
    for route, one in sorted(long, key=lambda pair: pair[0].endswith(">")):
        yield path(route, door(one.callback), name=one.name)


_openapi = update_wrapper(partial(document.openapi, api=api), document.openapi)

app_name = "durable_api"
urlpatterns = [
    path("openapi.json", door(_openapi), name="openapi"),
    path("docs", door(document.docs), name="docs"),
    path("docs/<str:name>", door(document.asset), name="docs_asset"),
    *_addresses(),
    re_path(r"^(?P<path>.*)$", door(nothing_here)),
]
