"""Tags that write instants and durations; the browser keeps them up to date."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console.tables.instants import Elapsed, Instant

register = template.Library()

NONE = "—"


@register.simple_tag
def ago(instant: Instant | None) -> str | SafeString:
    """Write how long ago something was, with the whole instant on hover."""
    if instant is None:
        return NONE
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        instant.iso,
        instant.absolute,
        instant.age,
    )


@register.simple_tag
def at(instant: Instant | None) -> str | SafeString:
    """Write an instant, with how long ago it was."""
    if instant is None:
        return NONE
    return format_html(
        '<time datetime="{}">{}</time> <span class="aside">{}</span>',
        instant.iso,
        instant.absolute,
        ago(instant),
    )


@register.simple_tag
def took(elapsed: Elapsed | None) -> str | SafeString:
    """Write how long something took; the browser counts on while it runs."""
    if elapsed is None:
        return NONE
    if not elapsed.running:
        return elapsed.text
    return format_html(
        '<span class="running" data-since="{}">{}</span>', elapsed.since, elapsed.text
    )
