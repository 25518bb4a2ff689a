"""Texts that are safe for a database and a log, whatever they are about.

Used for paths and wherever an error is recorded. Nothing here raises.
"""

import json
import reprlib

MESSAGE_CHARACTERS = 32_768
_KEY_CHARACTERS = 60
_SHORT = reprlib.Repr()
_SHORT.maxother = _SHORT.maxstring = _KEY_CHARACTERS


def is_unicode(text: str) -> bool:
    """Say whether a text has no lone surrogates."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def clean(text: str, limit_characters: int = MESSAGE_CHARACTERS) -> str:
    """Write out NUL and lone surrogates, and cut the middle out of a long text."""
    if len(text) > limit_characters:
        head = limit_characters // 4
        tail = max(limit_characters - head, 1)
        cut = len(text) - limit_characters
        text = f"{text[:head]} ... {cut} characters left out ... {text[-tail:]}"
    text = text.replace("\x00", "\\x00")
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def safe_text(value: object) -> str:
    """Write ``str(value)``, or what can be said when that raises."""
    try:
        return clean(str.__str__(str(value)))
    except Exception as failure:  # noqa: BLE001 - __str__ is the user's
        kind = type(value).__name__
        return f"<{kind} whose str() raised {type(failure).__name__}>"


def path_key(key: object) -> str:
    """Write a dict's key as a segment of a path, such as ``["x"]``, always short."""
    try:
        if isinstance(key, str):
            short = key if len(key) <= _KEY_CHARACTERS else key[:_KEY_CHARACTERS] + "…"
            return f"[{json.dumps(clean(short), ensure_ascii=False)}]"
        return f"[{clean(_SHORT.repr(key))}]"
    except Exception:  # noqa: BLE001 - __repr__ is the user's
        return f"[<{type(key).__name__}>]"
