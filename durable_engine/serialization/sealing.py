"""Encryption at rest: stored text under keys that only the processes have.

A sealed text is ``!encrypted!<key>.<token>``: the name of the key, and a Fernet token
(AES-128-CBC under an HMAC of SHA-256, with a random IV) of the text as it would be
stored otherwise. `EncryptedSerializer` seals payloads, `failures` errors; whatever is
read passes `opened`, so that every process with the keys can read sealed rows,
whatever serializer it writes with.

Source: https://github.com/fernet/spec/blob/master/Spec.md
"""

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from durable_engine import conf
from durable_engine.errors import SerializationError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

NAME = "encrypted"
_PREFIX = f"!{NAME}!"
_PATH = "value"
_KEY_NAME_CHARACTERS = 8
PREFIX_CHARACTERS = len(_PREFIX) + _KEY_NAME_CHARACTERS + 1
"""How much of a sealed text tells its key."""


def is_sealed(stored: str) -> bool:
    """Tell whether a stored text is encrypted."""
    return stored.startswith(_PREFIX)


def sealed(text: str) -> str:
    """Encrypt a text under the first key.

    Raises:
        ImportError: the package `cryptography` is not installed.
        SerializationError: there is no key.
    """
    name, fernet = _first(conf.settings().encryption_keys)
    token = fernet.encrypt(text.encode()).decode("ascii")
    return f"{_PREFIX}{name}.{token}"


def opened(stored: str) -> str:
    """Decrypt a sealed text; any other is returned as it is.

    Raises:
        SerializationError: it was sealed under a key that is not configured, or it was
            changed.
    """
    if not is_sealed(stored):
        return stored
    reason = sealed_elsewhere(stored)
    if reason is not None:
        raise SerializationError(_PATH, NAME, reason)
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - optional

    name, _, token = stored[len(_PREFIX) :].partition(".")
    try:
        return _ring(conf.settings().encryption_keys)[name].decrypt(token).decode()
    except InvalidToken as error:
        reason = f"It was changed after it was encrypted under the key {name!r}."
        raise SerializationError(_PATH, NAME, reason) from error


def sealed_elsewhere(stored: str) -> str | None:
    """Return why this process cannot open a text that others can; None: it can."""
    if not is_sealed(stored):
        return None
    try:
        import cryptography  # noqa: F401,PLC0415 - optional
    except ImportError:
        return "It is encrypted, and the package cryptography is not installed."
    name = stored[len(_PREFIX) :].partition(".")[0]
    keys = _ring(conf.settings().encryption_keys)
    if name in keys:
        return None
    return (
        f"It is encrypted under the key {name!r}, and the keys of this process are: "
        f"{', '.join(keys) or 'none'}. Add that key to "
        "DURABLE_ENGINE['ENCRYPTION_KEYS']."
    )


def sealed_bytes(size_bytes: int) -> int:
    """Return how long a text of this size may be, sealed, at most."""
    return len(_PREFIX) + _KEY_NAME_CHARACTERS + 1 + 4 * (size_bytes + 80) // 3


def current_prefix() -> str:
    """Return how texts begin that are sealed under the first key."""
    name, _ = _first(conf.settings().encryption_keys)
    return f"{_PREFIX}{name}."


def key_name(key: str) -> str:
    """Return the public name of a key: it tells keys apart, and nothing of them."""
    return sha256(key.encode()).hexdigest()[:_KEY_NAME_CHARACTERS]


def _first(keys: tuple[str, ...]) -> "tuple[str, Fernet]":
    for item in _ring(keys).items():
        return item
    reason = "There is no key to encrypt with. Set DURABLE_ENGINE['ENCRYPTION_KEYS']."
    raise SerializationError(_PATH, NAME, reason)


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> "dict[str, Fernet]":
    """Return the keys by name, in their order."""
    from cryptography.fernet import Fernet  # noqa: PLC0415 - optional

    return {key_name(key): Fernet(key) for key in keys}
