"""Geometry of charts: what is drawn, written and said."""

import re

import pytest

from console import formats
from console.tables.charts import (
    HEIGHT,
    WIDTH,
    Series,
    Slot,
    ceiling,
    drawn,
    stacked,
    table_of,
    time_ceiling,
)

GOOD = Series(title="succeeded", tone="SUCCESS")
BAD = Series(title="failed", tone="ERROR")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 1), (0.3, 0.5), (1, 1), (3, 5), (5.1, 10), (130, 200), (9999, 10_000)],
)
def test_scale_ends_at_a_round_number(value: float, expected: float) -> None:
    assert ceiling(value) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.3, 0.5), (1, 1), (1.1, 2), (25, 30), (61, 120), (100_000, 172_800)],
)
def test_scale_of_time_ends_at_a_length_that_people_read(
    seconds: float, expected: float
) -> None:
    assert time_ceiling(seconds) == pytest.approx(expected)


def test_blocks_stand_on_one_another_and_stay_in_the_box() -> None:
    slots = [
        Slot(label="14:00", values=(30.0, 10.0)),
        Slot(label="14:02", values=(0.0, 0.0)),
        Slot(label="14:04", values=(0.001, 50.0), note="about"),
    ]
    columns, top = stacked(slots, (GOOD, BAD), formats.count)
    assert top == 100  # of 50.001
    first, second, third = columns
    good, bad = first.blocks
    assert float(good.y) == pytest.approx(HEIGHT * 0.7)
    assert float(bad.y) + float(bad.height) == pytest.approx(float(good.y))
    assert second.blocks == ()
    # What happened is seen, however little it is.
    assert float(third.blocks[0].height) == 1.5
    for column in columns:
        for block in column.blocks:
            assert 0 <= float(block.x) < float(block.x) + float(block.width) <= WIDTH
            assert 0 <= float(block.y) <= HEIGHT
    assert first.text == "14:00 · succeeded 30 · failed 10"
    assert second.text == "14:02 · —"
    assert third.text == "14:04 · succeeded 0.0 · failed 50 · about"


def test_lines_end_where_nothing_is_known() -> None:
    slots = [
        Slot(label=str(number), values=(value,))
        for number, value in enumerate((1.0, 2.0, None, 4.0))
    ]
    lines, columns, top = drawn(slots, (GOOD,), formats.duration)
    assert top == 4
    (line,) = lines
    assert len(line.paths) == 2
    assert line.paths[0] == "75,105 225,70"
    # A point alone is a short line.
    assert line.paths[1] == "522,0 528,0"
    assert columns[2].text == "2 · —"


def test_table_has_the_newest_first() -> None:
    slots = [Slot(label="a", values=(1.0, None)), Slot(label="b", values=(2.0, 0.0))]
    newest, oldest = table_of(slots, formats.count)
    assert (newest.label, newest.texts) == ("b", ("2", "0"))
    assert (oldest.label, oldest.texts) == ("a", ("1", "—"))


def test_counts_and_rates_are_short() -> None:
    texts = [formats.count(n) for n in (0, 0.4, 7, 9_999, 12_345, 999_600, 2_500_000)]
    assert texts == ["0", "0.4", "7", "9,999", "12.3 k", "1 M", "2.5 M"]
    assert formats.counted(12_345, exact=True) == "12,345"
    assert formats.counted(12_345, exact=False) == "≈ 12.3 k"
    rates = [formats.rate(n, 3600) for n in (0, 3, 120, 7_200, 3_600_000)]
    assert rates == ["0/h", "3/h", "2/min", "2/s", "1,000/s"]
    assert all(re.fullmatch(r"[\d.,]+/(s|min|h)", text) for text in rates)
