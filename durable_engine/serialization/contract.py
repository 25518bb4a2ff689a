"""What a serializer is, for the setting ``SERIALIZER``."""

from typing import Protocol


class Serializer(Protocol):
    """Turns a value into text that a database can hold, and back.

    An instance is made once per process, without arguments, and used by many threads
    at once.
    """

    name: str  # a short lower-case tag that is stored with every payload

    def dumps(self, value: object) -> str:
        """Write a value as text, without NUL characters and lone surrogates.

        Raises:
            SerializationError: The value cannot be stored.
        """

    def loads(self, text: str) -> object:
        """Rebuild the value.

        Raises:
            SerializationError: It cannot be rebuilt in this process.
        """
