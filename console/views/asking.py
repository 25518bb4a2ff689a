"""Asking before something is done, and saying what came of it.

A button leads to an address that asks (GET) and does (POST). With scripts the question
opens in a dialog and the answer is a toast; without, both are pages.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from console.actors import actor_of
from console.permissions import Permission, may
from console.views.pages import asked_by_htmx, render_denied, render_page
from console.views.saying import Said, leave
from durable_engine.errors import DurableError, NotAuthorized


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked before something is done."""

    title: str
    text: str  # what will happen
    verb: str  # on the button that does it
    back_url: str
    section: str  # of the navigation
    permission: Permission | None
    target: str = ""
    danger: bool = False
    reason_required: bool = False
    details: tuple[str, ...] = ()


def asked(
    request: HttpRequest, question: Question, work: Callable[[str], str]
) -> HttpResponse:
    """Ask, or do it and say so.

    Args:
        request: GET asks, POST does.
        question: what is asked.
        work: does it for a reason and returns what to say; refuses with
            `NotAuthorized`, and with `ValueError` or `DurableError` what cannot be.
    """
    if request.method != "POST":
        return _ask(request, question)
    reason = request.POST.get("reason", "").strip()
    if question.reason_required and not reason:
        return told(request, _("Say why: a reason is needed."), question, bad=True)
    try:
        text = work(reason)
    except NotAuthorized as refusal:
        return denied(request, refusal.action)
    except (DurableError, ValueError) as problem:
        return told(request, str(problem), question, bad=True)
    return told(request, text, question)


def denied(request: HttpRequest, permission: str) -> HttpResponse:
    """Say which permission is missing."""
    return render_denied(request, permission)


def told(
    request: HttpRequest, text: str, question: Question, *, bad: bool = False
) -> HttpResponse:
    """Say what came of it: as a toast, or as the page where it was asked."""
    status = 409 if bad else 200
    context: dict[str, Any] = {"text": text, "bad": bad, "question": question}
    if asked_by_htmx(request):
        template = "durable_console/parts/answer.html"
        return render(request, template, context, status=status)
    if not bad:
        leave(request, Said(text=text))
        return redirect(question.back_url)
    return render_page(
        request, "ask/page", context, section=question.section, status=status
    )


def _ask(request: HttpRequest, question: Question) -> HttpResponse:
    needed = question.permission
    if needed is not None and not may(actor_of(request), needed, question.target):
        return denied(request, needed.value)
    context = {"question": question, "address": request.path}
    if asked_by_htmx(request):
        return render(request, "durable_console/ask/question.html", context)
    return render_page(request, "ask/page", context, section=question.section)
