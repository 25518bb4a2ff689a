"""A connection breaks before or after each commit: nothing is guessed, or done twice.

After the commit is the harder half: it took place, and nobody was told. The process
lives on, so its results must too.
"""

from tests.faults.harness.matrix import Case, Matrix
from tests.faults.test_crash_matrix import each_flavour, each_script, each_start

REGISTERED = "version_register"


@each_start
@each_flavour
@each_script
def test_lost_connection_at_any_write_changes_nothing(
    matrix: Matrix, script, coroutines, through_worker
):
    case = Case(script=script, coroutines=coroutines, through_worker=through_worker)
    calm = matrix.run(case)
    points = [
        point
        for number, records in enumerate(calm.commits, 1)
        if REGISTERED not in records  # a process that cannot begin says so
        for point in (2 * number - 1, 2 * number)
    ]
    assert matrix.harm(case, calm, "cut", points) == []
