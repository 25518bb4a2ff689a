"""The internal exception of the serializer, and the bounds it enforces.

Every module of this package raises it; only `tagged_json` and `failures` catch it and
turn it into the public `SerializationError`. It never leaves the package.
"""

MAX_DEPTH = 100  # levels of nesting; orjson writes 254, a tagged level takes up to two


class Refusal(Exception):  # noqa: N818 - internal, and not an error of the engine
    """Says that a value cannot be encoded, or a node not decoded, and where it is.

    Args:
        type_name: The type (encoding) or the tag or class (decoding) concerned.
        reason: What is wrong and what to do, in whole sentences.
    """

    def __init__(self, type_name: str, reason: str) -> None:
        super().__init__(type_name, reason)
        self.type_name = type_name
        self.reason = reason
        self.path = ""

    def inside(self, segment: str) -> "Refusal":
        """Prepend one segment, such as ``[2]`` or ``.items``, while unwinding."""
        self.path = segment + self.path
        return self


def too_deep(type_name: str) -> Refusal:
    """Build the refusal of a value that is nested too deeply or contains itself."""
    return Refusal(
        type_name,
        f"The value is nested more than {MAX_DEPTH} levels deep, or contains itself. "
        "Pass a flatter value, or the key to load it by in a step.",
    )
