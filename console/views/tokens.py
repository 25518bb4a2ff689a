"""API tokens: one's own, and for superusers everybody's."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.actions import tokens as actions
from console.actors import actor_of
from console.forms import TokenForm
from console.models import ApiToken
from console.permissions import Permission, may
from console.queries import tokens
from console.tokens import IssuedToken, TokenOrder
from console.views.access import guarded
from console.views.asking import Question, asked, denied
from console.views.pages import render_page, render_problem
from durable_engine import inspection
from durable_engine.errors import NotAuthorized


@guarded()
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """Show tokens; make one, whose text this answer alone shows."""
    actor = actor_of(request)
    managed = may(actor, Permission.MANAGE_TOKEN)
    choices = [one for one in Permission if may(actor, one)]
    form = TokenForm(choices, request.POST if request.method == "POST" else None)
    issued: IssuedToken | None = None
    if request.method == "POST" and (form.is_valid() or not managed):
        try:
            issued = _create(request, form)
        except NotAuthorized as refusal:
            return denied(request, refusal.action)
        except ValueError as problem:
            form.add_error(None, str(problem))
    context = {
        "rows": tokens.visible_to(actor),
        "managed": managed,
        "form": TokenForm(choices) if issued else form,
        "issued": issued,
    }
    bad = request.method == "POST" and issued is None
    return render_page(
        request, "tokens/page", context, section="tokens", status=422 if bad else 200
    )


@guarded()
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Ask whether to revoke a token, and revoke it."""
    actor = actor_of(request)
    found = [row for row in tokens.visible_to(actor) if row.id == token_id]
    if not found:
        return render_problem(request, "tokens/missing", {}, status=404)
    question = Question(
        title=_("Revoke the token %s?") % found[0].name,
        text=_("Programs that use it are refused from now on. This cannot be undone."),
        verb=_("Revoke token"),
        back_url=reverse("durable_console:tokens"),
        section="tokens",
        permission=None,
        danger=True,
    )

    def work(reason: str) -> str:
        try:
            changed = actions.revoke(actor, token_id, reason)
        except ApiToken.DoesNotExist:
            changed = False
        return _("The token is revoked.") if changed else _("It was revoked before.")

    return asked(request, question, work)


def _create(request: HttpRequest, form: TokenForm) -> IssuedToken:
    """Make the token that the form describes; who may not is refused, on record."""
    valid = form.is_valid()
    days = form.cleaned_data["days"] if valid else None
    now = inspection.database_now()
    order = TokenOrder(
        user=request.user,  # type: ignore[arg-type]  # `guarded` lets nobody else in
        name=form.cleaned_data["name"] if valid else _("unnamed"),
        permissions=tuple(form.permissions()) if valid else (),
        expires_at=now + timedelta(days=days) if days else None,
    )
    return actions.create(actor_of(request), order)
