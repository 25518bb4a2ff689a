"""The beginnings of a workflow's inputs and output, in one line each."""

import json
from dataclasses import dataclass
from typing import Any

from console.conf import PREVIEW_CHARACTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One payload as it stands closed: its name, and how it begins."""

    kind: str  # inputs, output or error
    text: str  # its beginning, as stored; empty where that tells nothing

    @property
    def line(self) -> str:
        """What is shown beside its name: of inputs the arguments, else the text."""
        if self.text[:1] == "!":
            return ""  # of another serializer, or encrypted
        if len(self.text) > PREVIEW_CHARACTERS:
            return f"{self.text[:PREVIEW_CHARACTERS]}…"
        return _arguments(self.text) if self.kind == "inputs" else self.text


def _arguments(text: str) -> str:
    """Write inputs as a call has them: `42, note="x"`; other text as it is."""
    try:
        inputs = json.loads(text)
        args, kwargs = list(inputs["args"]), dict(inputs["kwargs"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return text
    named = [f"{name}={_value(value)}" for name, value in kwargs.items()]
    return ", ".join([*map(_value, args), *named])


def _value(value: Any) -> str:
    """Write one argument; one that is a tag and a text, such as a decimal, bare."""
    if isinstance(value, dict) and len(value) == 1:
        [(key, inner)] = value.items()
        if key.startswith("~") and isinstance(inner, str):
            return inner
    return json.dumps(value, ensure_ascii=False)
