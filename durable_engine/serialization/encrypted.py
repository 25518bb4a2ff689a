"""The opt-in serializer whose payloads only processes with the keys can read.

Chosen with ``SERIALIZER = "durable_engine.serialization.EncryptedSerializer"`` and
``ENCRYPTION_KEYS``; the first key encrypts, all decrypt. Recorded errors are
encrypted with it, too.
"""

from typing import ClassVar

from django.core.exceptions import ImproperlyConfigured

from durable_engine import conf
from durable_engine.serialization import sealing
from durable_engine.serialization.contract import Serializer
from durable_engine.serialization.payloads import decode, tagged
from durable_engine.serialization.tagged_json import JSONSerializer


class EncryptedSerializer:
    """Encrypts what another serializer wrote; JSON, unless a subclass names another.

    Raises:
        ImportError: the package `cryptography` is not installed.
        ImproperlyConfigured: there is no key.
    """

    name = sealing.NAME
    inner_class: ClassVar[type[Serializer]] = JSONSerializer

    def __init__(self) -> None:
        try:
            import cryptography  # noqa: F401,PLC0415 - optional
        except ImportError as error:
            message = (
                f"{type(self).__name__} needs the package cryptography: "
                'pip install "django-durable-engine[encryption]"'
            )
            raise ImportError(message) from error
        if not conf.settings().encryption_keys:
            message = (
                "DURABLE_ENGINE['SERIALIZER'] encrypts, and "
                "DURABLE_ENGINE['ENCRYPTION_KEYS'] is empty: add one made by "
                "cryptography.fernet.Fernet.generate_key()"
            )
            raise ImproperlyConfigured(message)
        self.inner = self.inner_class()

    def dumps(self, value: object) -> str:
        """Write a value as an encrypted text, without the serializer's name.

        Raises:
            SerializationError: the value cannot be stored.
        """
        text = sealing.sealed(tagged(self.inner, self.inner.dumps(value)))
        return text.removeprefix(f"!{self.name}!")

    def loads(self, text: str) -> object:
        """Decrypt and rebuild the value.

        Raises:
            SerializationError: it is encrypted under another key, was changed, or cannot
                be rebuilt in this process.
        """
        return decode(self, f"!{self.name}!{text}")
