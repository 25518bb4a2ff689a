"""The opt-in serializer for values that only pickle can hold.

Chosen with ``SERIALIZER = "durable_engine.serialization.PickleSerializer"``. Unpickling
runs code, so every payload is signed with ``SECRET_KEY`` and nothing is unpickled before
its signature has been checked. Whoever has the key and can write to the database can
run code in every process; the default serializer has no such weakness.
"""

import base64
import pickle

from django.core import signing

from durable_engine.errors import SerializationError
from durable_engine.serialization.classes import display_name
from durable_engine.serialization.text import safe_text

_SALT = "durable_engine.serialization.pickle"
_PATH = "value"


class PickleSerializer:
    """Signed pickle as base64 text."""

    name = "pickle"

    def dumps(self, value: object) -> str:
        """Pickle and sign a value.

        Raises:
            SerializationError: pickle refuses it.
        """
        try:
            data = pickle.dumps(value)
        except Exception as error:
            kind = display_name(type(value))
            reason = f"It cannot be pickled: {safe_text(error)}."
            raise SerializationError(_PATH, kind, reason) from error
        return signing.Signer(salt=_SALT).sign(base64.b64encode(data).decode("ascii"))

    def loads(self, text: str) -> object:
        """Check the signature, then unpickle.

        Raises:
            SerializationError: The signature does not match, or what the pickle needs is
                not in this process.
        """
        try:
            signed = signing.Signer(salt=_SALT).unsign(text)
        except signing.BadSignature as error:
            reason = (
                "The signature does not match, so nothing was unpickled. The row was "
                "changed, or SECRET_KEY was: keep the old key in SECRET_KEY_FALLBACKS."
            )
            raise SerializationError(_PATH, self.name, reason) from error
        try:
            return pickle.loads(base64.b64decode(signed))  # noqa: S301 - signed
        except Exception as error:
            reason = (
                "It cannot be unpickled in this process: "
                f"{type(error).__name__}: {safe_text(error)}."
            )
            raise SerializationError(_PATH, self.name, reason) from error
