"""Every commit loses once against another transaction: it is run again, unnoticed."""

from tests.faults.harness.matrix import Case, Matrix
from tests.faults.test_crash_matrix import around, each_script


@each_script
def test_conflict_at_any_commit_changes_nothing(matrix: Matrix, script):
    case = Case(script=script, coroutines=False, through_worker=True)
    calm = matrix.run(case)
    points = [around(number)[0] for number in range(1, len(calm.commits) + 1)]
    assert matrix.harm(case, calm, "conflict", points) == []
