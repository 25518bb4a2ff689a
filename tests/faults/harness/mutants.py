"""Broken engines: each breaks one promise, and the matrix must notice."""


def apply(name: str | None) -> None:
    """Break this process's engine as named; None leaves it whole."""
    if name is not None:
        raise NotImplementedError(name)
