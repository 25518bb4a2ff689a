"""Quantities are written for people."""

from datetime import timedelta

import pytest

from console import formats
from tests.console.rows import START


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 ms"),
        (0.0004, "0 ms"),
        (0.834, "834 ms"),
        (1.25, "1.25 s"),
        (12.44, "12.4 s"),
        (61, "1 m 1 s"),
        (3599, "59 m 59 s"),
        (7500, "2 h 5 m"),
        (93600, "1 d 2 h"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "just now"), (12, "12 s ago"), (301, "5 m ago"), (-7300, "in 2 h")],
)
def test_age(seconds: float, text: str) -> None:
    assert formats.age(START, START + timedelta(seconds=seconds)) == text


def test_absolute_names_the_time_zone() -> None:
    assert formats.absolute(START) == "22 Nov 2026, 12:00:00 UTC"


def test_bounded_says_where_counting_stopped() -> None:
    assert formats.bounded(12, 10_000) == "12"
    assert formats.bounded(10_000, 10_000) == "10,000"
    assert formats.bounded(10_001, 10_000) == "10,000+"


def test_indented_keeps_every_digit_and_a_cut_end() -> None:
    assert formats.indented('{"n":12345678901234567890.10,"e":{},"x":["a,{') == (
        '{\n  "n": 12345678901234567890.10,\n  "e": {},\n  "x": [\n    "a,{'
    )


def test_indented_leaves_other_text_alone() -> None:
    assert formats.indented("ValueError: {not json}") == "ValueError: {not json}"


def test_indented_does_not_grow_quadratically() -> None:
    assert len(formats.indented("[" * 10_000)) < 700_000
