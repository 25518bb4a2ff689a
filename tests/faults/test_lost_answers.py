"""A connection breaks before or after each commit: nothing is guessed, or done twice.

After the commit is the harder half: it took place, and nobody was told. The process
lives on, so its results must too.
"""

import pytest

from tests.faults.harness.matrix import Case, Matrix
from tests.faults.test_crash_matrix import around, each_script

REGISTERED = "version_register"


@each_script
@pytest.mark.parametrize(
    ("coroutines", "through_worker"),
    [(False, True), (True, False)],
    ids=["threads of a worker", "called coroutines"],
)
def test_lost_connection_at_any_write_changes_nothing(
    matrix: Matrix, script, coroutines, through_worker
):
    case = Case(script=script, coroutines=coroutines, through_worker=through_worker)
    calm = matrix.run(case)
    points = [
        point
        for number, records in enumerate(calm.commits, 1)
        if REGISTERED not in records  # a process that cannot begin says so
        for point in around(number)
    ]
    assert matrix.harm(case, calm, "cut", points) == []
