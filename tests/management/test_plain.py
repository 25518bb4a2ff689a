"""Any payload as JSON that every reader takes, and as text that only shows."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from uuid import UUID

import durable_engine as durable
from durable_engine.management.shell.plain import as_json, plain, short
from durable_engine.management.shell.terminal import printable


class Colour(Enum):
    RED = "red"


@dataclass
class Point:
    x: float
    y: object


def test_what_json_has_not_is_told_in_words():
    value = {
        "number": float("nan"),
        "far": float("inf"),
        "money": Decimal("1.10"),
        "at": datetime(2026, 11, 22, tzinfo=UTC),
        "day": date(2026, 11, 22),
        "for": timedelta(minutes=1),
        "id": UUID(int=1),
        "raw": b"\x00\xff",
        "set": {1},
        "tuple": (1, (2,)),
        "enum": Colour.RED,
        "point": Point(1.5, Colour.RED),
        "failed": durable.WorkflowFailed("w", "shop.Refused", "no card"),
        "error": ValueError("x"),
        Colour.RED: None,
        7: True,
        "lone": "\ud800",
    }
    assert json.loads(as_json(value)) == {
        "number": "nan",
        "far": "inf",
        "money": "1.10",
        "at": "2026-11-22T00:00:00+00:00",
        "day": "2026-11-22",
        "for": 60.0,
        "id": "00000000-0000-0000-0000-000000000001",
        "raw": "AP8=",
        "set": [1],
        "tuple": [1, [2]],
        "enum": "red",
        "point": {"x": 1.5, "y": "red"},
        "failed": {"type": "shop.Refused", "message": "no card"},
        "error": {"type": "builtins.ValueError", "message": "x"},
        "red": None,
        "7": True,
        "lone": "\ud800",
    }
    assert as_json("é\x1b").isascii()


def test_what_contains_itself_ends():
    endless: list[object] = []
    endless.append(endless)
    assert "…" in json.dumps(plain(endless), ensure_ascii=False)


def test_text_for_a_terminal_shows_and_does_nothing_else():
    assert printable("日本 é") == "日本 é"
    assert printable("\x1b[31m\u202e\x9b") == "\\x1b[31m\\u202e\\x9b"
    assert len(short("x" * 5000)) == 2000
