"""A process dies, and the one that recovers its work dies at any point of that.

The matrix has every single point; here are pairs of them, other ones each day. A
failure says its seed: `DURABLE_FAULTS_SEED=… pytest tests/faults/test_crash_pairs.py`.
"""

import os
import random
from dataclasses import replace
from time import time

import pytest

from tests.faults.harness.matrix import Case, Matrix
from tests.faults.test_crash_matrix import COMMITS

SEED = int(os.environ.get("DURABLE_FAULTS_SEED") or time() // 86_400)
FIRST_DEATHS = 3
SECOND_DEATHS = 4
DAYS = range(int(os.environ.get("DURABLE_FAULTS_DAYS") or 1))


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("number", range(FIRST_DEATHS))
def test_crash_in_the_recovery_of_a_crash_changes_nothing(matrix: Matrix, day, number):
    seed = SEED + day
    chosen = random.Random(f"{seed} {number}")  # noqa: S311 - no secret
    case = Case(
        script=chosen.choice(list(COMMITS)),
        coroutines=chosen.random() < 0.5,
        through_worker=chosen.random() < 0.5,
    )
    calm = matrix.run(case)
    first = chosen.randint(3, 2 * len(calm.commits))
    once = matrix.run(replace(case, harm="crash", points=(first,)))
    second_life = len(once.commits) - first // 2
    points = sorted(chosen.sample(range(1, 2 * second_life + 1), SECOND_DEATHS))
    broken = matrix.harm_again(case, calm, first, points)
    assert broken == [], f"DURABLE_FAULTS_SEED={seed}"
