"""Worker processes die, freeze, lose their database, and are asked to stop, under load.

Whatever happens: every workflow ends, every transaction commits once, and a step
begins again only in an execution that followed a death.
"""

import signal
from contextlib import ExitStack
from time import monotonic

import pytest

from tests.faults.harness.fleet import LEASE, Fleet, check, until
from tests.support.databases import on_postgresql

KILLS = 5
PROGRESS = 15
LOAD = 200
PACE_SECONDS = 0.05


@pytest.fixture
def fleet(project):
    return Fleet(project)


def await_end(fleet, workflows):
    until(lambda: fleet.ended() >= workflows, f"{workflows} workflows have ended")


class TestKilled:
    def test_work_survives_kill_again_and_again(self, fleet):
        fleet.enqueue("order", "order_async", times=LOAD // 2, seconds=PACE_SECONDS)
        options = ("--threads", "4", "--coroutines", "4")
        with ExitStack() as stack:
            workers = [stack.enter_context(fleet.worker(*options)) for _ in range(3)]
            for _ in range(KILLS):
                goal = fleet.ended() + PROGRESS
                until(lambda: fleet.ended() >= goal, "some progress")  # noqa: B023
                busy = until(
                    lambda: [one for one in workers if one.pid in fleet.busy_pids()],
                    "a busy worker",
                )
                workers.remove(busy[0])
                busy[0].kill()
                workers.append(stack.enter_context(fleet.worker(*options)))
            await_end(fleet, LOAD)
        check(fleet, LOAD, transactions=2)
        assert max(fleet.attempts().values()) <= 1 + KILLS

    def test_poison_is_given_up_and_other_work_goes_on(self, fleet):
        fleet.enqueue("poison", times=1)
        fleet.enqueue("order", times=20, seconds=0.0)
        with fleet.project.worker("--processes", "2", "--threads", "2"):
            await_end(fleet, 20)
            until(
                lambda: fleet.statuses()["MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
                "the poison is dead-lettered",
            )
        assert fleet.statuses() == {"SUCCESS": 20, "MAX_RECOVERY_ATTEMPTS_EXCEEDED": 1}
        [(poison, begun)] = [one for one in fleet.begun().items() if one[1] > 2]
        assert begun == 3, poison


class TestFrozen:
    def test_zombie_writes_nothing(self, fleet):
        fleet.enqueue("held", times=8)
        with fleet.project.worker("--threads", "8") as zombie:
            until(lambda: len(fleet.begun()) == 8, "eight steps have begun")
            zombie.freeze()
            with fleet.project.worker("--threads", "8") as heir:
                until(lambda: fleet.begun().total() == 16, "the steps began again")
                fleet.open_gate()
                await_end(fleet, 8)
                before = self.everything(fleet)
                zombie.thaw()
                zombie.wait_for("lost its lease")
                zombie.terminate()
                assert zombie.wait() == 0
                assert self.everything(fleet) == before
                heir.terminate()
                assert heir.wait() == 0
        check(fleet, 8, transactions=1)
        assert set(fleet.attempts().values()) == {2}

    @staticmethod
    def everything(fleet):
        return [
            fleet.rows(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608
            for table in (
                "durable_engine_workflow",
                "durable_engine_step",
                "shop_note",
            )
        ]


class TestStopped:
    def test_work_is_handed_over_with_attempts_uncounted(self, fleet):
        fleet.enqueue("order", "order_async", times=50, seconds=PACE_SECONDS)
        options = ("--threads", "4", "--coroutines", "4")
        with fleet.project.worker(*options) as first:
            until(lambda: fleet.ended() >= PROGRESS, "some progress")
            first.terminate()
            assert first.wait() == 0
            assert fleet.busy_pids() == []
            assert fleet.rows("SELECT id FROM durable_engine_executor") == []
        assert fleet.statuses()["SUCCESS"] < 100
        with fleet.project.worker():
            await_end(fleet, 100)
        check(fleet, 100, transactions=2)
        assert set(fleet.attempts().values()) == {1}

    def test_step_that_outlasts_the_grace_is_handed_over(self, fleet):
        fleet.enqueue("held", times=4)
        with fleet.project.worker("--grace", "0.5") as first:
            until(lambda: len(fleet.begun()) == 4, "four steps have begun")
            first.terminate()
            assert first.wait() == 0
        assert fleet.busy_pids() == []
        fleet.open_gate()
        with fleet.project.worker():
            await_end(fleet, 4)
        assert set(fleet.attempts().values()) == {1}
        assert set(fleet.receipts().values()) == {1}

    def test_second_signal_exits_at_once(self, fleet):
        fleet.enqueue("held", times=1)
        with fleet.project.worker("--grace", "600") as worker:
            until(fleet.begun, "the step has begun")
            worker.terminate()
            until(
                lambda: fleet.rows(
                    "SELECT id FROM durable_engine_executor WHERE draining"
                ),
                "the worker drains",
            )
            worker.terminate()
            assert worker.wait() == 128 + signal.SIGTERM
        fleet.open_gate()
        with fleet.project.worker():
            await_end(fleet, 1)
        check(fleet, 1, transactions=1)


@on_postgresql
class TestDatabaseAway:
    @pytest.mark.parametrize("mode", ["immediate", "fast"])
    def test_restart_of_the_database_fails_no_workflow(
        self, fleet, postgresql_server, mode
    ):
        # Longer than any restart on a busy machine: the worker keeps what it has.
        fleet.project.configure(DURABLE_ENGINE={**LEASE, "LEASE_SECONDS": 30})
        fleet.enqueue("order", "order_async", times=100, seconds=PACE_SECONDS)
        with fleet.project.worker("--threads", "8", "--coroutines", "8"):
            for goal in (PROGRESS, 2 * PROGRESS):
                until(lambda: fleet.ended() >= goal, "some progress")  # noqa: B023
                postgresql_server.restart(mode)
            await_end(fleet, 200)
        check(fleet, 200, transactions=2)
        assert set(fleet.attempts().values()) == {1}
        assert set(fleet.begun().values()) == {1}

    def test_outage_longer_than_a_lease_splits_no_ownership(
        self, fleet, postgresql_server
    ):
        fleet.enqueue("held", times=4)
        with fleet.project.worker(), fleet.project.worker():
            until(lambda: len(fleet.begun()) == 4, "four steps have begun")
            postgresql_server.stop("immediate")
            again_at = monotonic() + 1.5 * LEASE["LEASE_SECONDS"]
            until(lambda: monotonic() > again_at, "the outage outlasts the lease")
            postgresql_server.start()
            fleet.open_gate()
            await_end(fleet, 4)
        assert fleet.statuses() == {"SUCCESS": 4}
        assert set(fleet.receipts().values()) == {1}
        assert max(fleet.attempts().values()) <= 2
