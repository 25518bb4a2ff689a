"""What becomes of a test whose server or browser this machine does not have."""

import os
from typing import NoReturn

import pytest

LOUD = "NOT TESTED:"


def missing(what: str) -> NoReturn:
    """Skip the test so that nobody overlooks it; in CI, fail it.

    Args:
        what: what is missing and how to get it, one sentence.
    """
    if os.environ.get("CI"):
        pytest.fail(f"CI tests everything. {what}", pytrace=False)
    pytest.skip(f"{LOUD} {what}")
