"""Fingerprints of what pieces of pages show."""

from hashlib import blake2s


def digest(*values: object) -> str:
    """Return a short fingerprint of what a piece of a page shows."""
    text = "\x1f".join(str(value) for value in values)
    return blake2s(text.encode(), digest_size=8).hexdigest()
