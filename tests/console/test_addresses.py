"""Every id that the engine accepts survives its address."""

from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import resolve, reverse
from hypothesis import given
from hypothesis import strategies as st

from console.addresses import escape, slot, unescape

AWKWARD = ["/", ".", "..", "...", "%", "%2F", "a/b", "../../admin/", "?x=1#y", "~2F"]
AWKWARD += [
    " ",
    "a b",
    "\\",
    "ünï€",
    "😀",
    "a~",
    "~~7E",
    ".hidden",
    "x/steps",
    "+",
    ";",
]
AWKWARD += ["ws/", "order-1", "parent-1-2", "user@host:1", "x" * 255, "/" * 255]

printable = st.text(min_size=1, max_size=255).filter(str.isprintable)


@given(printable)
def test_unescape_is_the_inverse_of_escape(workflow_id: str) -> None:
    assert unescape(escape(workflow_id)) == workflow_id


@given(printable)
def test_escaped_ids_need_no_percent_encoding(workflow_id: str) -> None:
    segment = escape(workflow_id)
    assert segment.isascii()
    assert not set(segment) & set("/\\%?#&+;= \"'<>")
    assert segment.strip(".")


@pytest.mark.parametrize("workflow_id", AWKWARD)
def test_address_leads_back_to_the_id(workflow_id: str) -> None:
    path = reverse("durable_console:workflow", args=[workflow_id])
    # What a browser makes of a link: dots resolved, the rest left alone.
    walked = urlsplit(urljoin("http://testserver/durable/", path)).path
    match = resolve(walked)
    assert match.url_name == "workflow"
    assert match.kwargs == {"workflow_id": workflow_id}


def test_plain_ids_stay_readable() -> None:
    assert escape("order-42.a_b:c@d") == "order-42.a_b:c@d"


def test_text_that_we_did_not_write_is_taken_as_it_is() -> None:
    assert unescape("100%~zz~FF") == "100%~zz~FF"


def test_slot_is_a_word_that_selectors_can_hold() -> None:
    assert slot('row:"] , *').isalnum()
