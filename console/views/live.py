"""Live pages without sockets: the same pieces, by polling."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from console.actors import actor_of
from console.fragments.catalogue import admissible, load
from console.fragments.pieces import fingerprint, lacking, message
from console.permissions import Permission
from console.views.access import guarded


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Answer with the pieces whose version the page lacks; 304: it lacks none.

    The page names its pieces as `slot` and their versions as `version`, in pairs.
    """
    given = request.GET
    pairs = zip(given.getlist("slot"), given.getlist("version"), strict=False)
    versions = admissible(dict(pairs), actor_of(request))
    pieces = load(versions)
    tag = f'"{fingerprint(pieces.values())}"'
    changed = lacking(versions, pieces)
    known = request.headers.get("If-None-Match", "").removeprefix("W/") == tag
    response: HttpResponse
    if known and not changed:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(message(changed))
    response["ETag"] = tag
    return response
