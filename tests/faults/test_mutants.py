"""The matrix fails for a broken engine: a proof that kills no mutant proves nothing."""

from dataclasses import replace

import pytest

from tests.faults.harness.matrix import Case, Matrix
from tests.faults.harness.oracle import violations

# Of each mutant: the script that shows it, and what is seen to be broken.
SHOWN = {
    "receive before its checkpoint": ("mail", "the result is"),
    "send before its checkpoint": ("mail", "the result is"),
    "transaction before its checkpoint": ("transactions", "accounts are"),
    "checkpoint before its transaction": ("transactions", "accounts are"),
    "step before its effect": ("steps", "never began"),
    "no replay": ("steps", "began again after it was durable"),
}
# The ledger gives these away even when nobody dies.
SEEN_IN_CALM = {"checkpoint before its transaction", "step before its effect"}
# One that loses track of what it did may never end.
PATIENCE_SECONDS = 3.0


@pytest.mark.parametrize("mutant", SHOWN)
def test_matrix_catches(matrix: Matrix, mutant):
    script, broken = SHOWN[mutant]
    whole = Case(script=script, coroutines=False, through_worker=False)
    calm = matrix.run(whole)
    case = replace(whole, mutant=mutant, patience_seconds=PATIENCE_SECONDS)
    unharmed = matrix.run(case)
    assert bool(violations(unharmed, calm)) == (mutant in SEEN_IN_CALM)
    points = range(1, 2 * len(unharmed.commits) + 1)
    caught = matrix.harm(case, calm, "crash", points)
    assert any(broken in violation for violation in caught)
