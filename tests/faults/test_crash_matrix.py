"""A process dies before and after each of its durable writes, and nothing is lost.

A calm run numbers the durable writes of a script and says what each recorded; then
the script runs once per point, dies there, and is started again. What is expected is
written down here, so that a write more, or one less, is noticed.
"""

import re
from dataclasses import replace

import pytest

from tests.faults.harness.matrix import Case, Matrix
from tests.faults.harness.oracle import violations

# Commits are divided by lines, the records of one commit by commas.
CALLED = """
    version_register, executor_register
    start root owned
"""
CALLED_BESIDE_WORKER = """
    version_register, executor_register
    queues_declare faults
    start root owned
"""
STARTED = """
    start root
    version_register, executor_register
    queues_declare faults
    claim root
"""
COMMITS = {
    "steps": """
        step root 1 note
        step root 2 note
        step root 3 note, outcome root SUCCESS
    """,
    "retries": """
        begun root 1 flaky
        step root 1 flaky
        transaction, step root 2 move
        outcome root SUCCESS
    """,
    "transactions": """
        transaction, step root 1 move
        step root 2 note
        transaction, step root 3 move
        outcome root SUCCESS
    """,
    "mail": """
        step root 1 durable.send, message root
        step root 2 durable.send, message root
        step root 3 durable.recv
        step root 4 durable.recv
        outcome root SUCCESS
    """,
    "events": """
        step root 1 durable.set_event
        step root 2 durable.get_event
        step root 3 durable.set_event
        step root 4 durable.get_event
        step root 5 durable.sleep
        outcome root SUCCESS
    """,
    "children": """
        begun root 1 play, start root-1 owned
        step root-1 1 note, outcome root-1 SUCCESS
        step root 1 play
        step root 2 play, start root-2 owned
        step root-2 1 note, outcome root-2 SUCCESS
        step root 3 durable.get_result
        step root 4 play, start root-4
        claim root-4
        step root-4 1 note, outcome root-4 SUCCESS
        step root 5 durable.get_result, outcome root SUCCESS
    """,
    "error": """
        step root 1 fail
        transaction, step root 2 move
        outcome root ERROR
    """,
}
RESULTS = {
    "steps": ["value", ["a noted", "b noted", "c noted"]],
    "retries": ["value", ["a worked", 110]],
    "transactions": ["value", [110, "a noted", 110]],
    "mail": ["value", [None, None, "one", "two"]],
    "events": ["value", [None, "1", None, "2", None]],
    "children": ["value", [["x noted"], ["x noted"], ["x noted"]]],
    "error": ["error", "LookupError", "the end of the script"],
}
# A life that takes over from one that died in the middle of `steps`.
TAKING_OVER = """
    nothing
    version_register, executor_register
    executors_expire
    workflows_take_from root
    claim root
    step root 2 note
    step root 3 note, outcome root SUCCESS
"""
DIED_AFTER = 10
# The first commits are those of every script, but of the one that starts others.
STARTS_TOLD = {"steps", "children"}

each_script = pytest.mark.parametrize("script", COMMITS)
each_flavour = pytest.mark.parametrize(
    "coroutines", [False, True], ids=["threads", "coroutines"]
)
each_start = pytest.mark.parametrize(
    "through_worker", [False, True], ids=["direct", "worker"]
)


def lines(*texts: str) -> list[str]:
    return [line.strip() for text in texts for line in text.strip().splitlines()]


def around(commit: int) -> tuple[int, int]:
    """Return the points right before and right after a commit."""
    return 2 * commit - 1, 2 * commit


def as_lines(commits: list[list[str]]) -> list[str]:
    """Return commits as they are written above, `nothing` for a refused start."""
    found = [", ".join(records) or "nothing" for records in commits]
    found = [line.replace("play_async", "play") for line in found]
    return [re.sub(r"(executors_expire) .*", r"\1", line) for line in found]


@each_start
@each_flavour
@each_script
def test_crash_at_any_write_changes_nothing(
    matrix: Matrix, script, coroutines, through_worker
):
    case = Case(script=script, coroutines=coroutines, through_worker=through_worker)
    calm = matrix.run(case)
    assert calm.statuses == [0], calm.output
    assert calm.result == RESULTS[script]
    beginning = CALLED_BESIDE_WORKER if script == "children" else CALLED
    beginning = STARTED if through_worker else beginning
    assert as_lines(calm.commits) == lines(beginning, COMMITS[script])
    # Every point for called threads and for coroutines of a worker; where flavour and
    # start are crossed, what differs there: the end, and the start of one script.
    commits = list(range(1, len(calm.commits) + 1))
    if coroutines != through_worker:
        start = commits[: len(lines(beginning))] if script in STARTS_TOLD else []
        commits = [*start, commits[-1]]
    points = [point for commit in commits for point in around(commit)]
    assert matrix.harm(case, calm, "crash", points) == []


def in_their_order(second_life: list[str]) -> list[str]:
    """Return the claim behind the take-over that it followed.

    Each is told of by its own thread once it is committed, and the second may be quicker.
    """
    claim, taken = "claim root", "workflows_take_from root"
    place = second_life.index(claim)
    if second_life[place + 1 : place + 2] == [taken]:
        return [*second_life[:place], taken, claim, *second_life[place + 2 :]]
    return second_life


@each_flavour
def test_crash_while_taking_over_changes_nothing(matrix: Matrix, coroutines):
    case = Case(script="steps", coroutines=coroutines, through_worker=True)
    calm = matrix.run(case)
    once = matrix.run(replace(case, harm="crash", points=(DIED_AFTER,)))
    assert violations(once, calm) == []
    second_life = as_lines(once.commits[DIED_AFTER // 2 :])
    assert in_their_order(second_life) == lines(TAKING_OVER)
    points = range(1, 2 * len(second_life) + 1)
    assert matrix.harm_again(case, calm, DIED_AFTER, points) == []
