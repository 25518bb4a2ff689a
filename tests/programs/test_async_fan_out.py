"""Coroutines: gathered steps, a transaction in a thread, children at once."""

import pytest

from tests.support.project import Project

PROGRAM = """
    import asyncio
    import durable_engine as DBOS
    from shop.ledger import log
    from shop.models import Note

    @DBOS.step()
    async def fetch(n):
        await asyncio.sleep(0)
        log(f"fetched {n}")
        return n * 10

    @DBOS.transaction()
    def save(total):
        Note.objects.create(text=f"total {total}")
        return total

    @DBOS.workflow()
    async def child(n):
        await DBOS.sleep_async(0.05)
        return await fetch(n)

    @DBOS.workflow()
    async def fan_out(number):
        first = await asyncio.gather(*[fetch(n) for n in range(number)])
        await DBOS.set_event_async("fetched", len(first))
        handles = [await DBOS.start_workflow_async(child, 100 + n) for n in range(number)]
        await DBOS.recv_async("go", timeout_seconds=60)
        second = await asyncio.gather(*[handle.get_result() for handle in handles])
        return await asyncio.to_thread(save, sum(first) + sum(second))
"""
TOTAL = sum(n * 10 for n in range(10)) + sum((100 + n) * 10 for n in range(10))


@pytest.fixture(autouse=True)
def program(project: Project, ledger):
    project.workflows(PROGRAM)


def test_in_one_process(project, ledger):
    printed = project.run(
        """
        import asyncio
        import durable_engine as DBOS
        from shop.workflows import fan_out

        async def main():
            await asyncio.to_thread(DBOS.launch)
            with DBOS.SetWorkflowID("fan-out"):
                handle = await DBOS.start_workflow_async(fan_out, 10)
            print(await DBOS.get_event_async("fan-out", "fetched"))
            await DBOS.send_async("fan-out", True, "go")
            print(await handle.get_result())

        asyncio.run(main())
        """
    )
    assert [line for line in printed.splitlines() if "fetched" not in line] == [
        "10",
        str(TOTAL),
    ]
    assert ledger.repeated() == []


def test_awaited_directly(project, ledger):
    printed = project.run(
        """
        import asyncio
        import durable_engine as DBOS
        from shop.workflows import child

        async def main():
            print(await asyncio.gather(*[child(n) for n in range(5)]))

        asyncio.run(main())
        """
    )
    assert printed.splitlines()[-1] == "[0, 10, 20, 30, 40]"


def test_through_a_worker_that_is_killed(project, ledger):
    with project.worker() as first:
        project.run(
            """
            import durable_engine as DBOS
            from shop.workflows import fan_out
            with DBOS.SetWorkflowID("fan-out"):
                DBOS.start_workflow(fan_out, 10)
            assert DBOS.get_event("fan-out", "fetched") == 10
            """
        )
        first.kill()
    with project.worker():
        printed = project.run(
            """
            import durable_engine as DBOS
            from shop.models import Note
            DBOS.send("fan-out", True, "go")
            print(DBOS.retrieve_workflow("fan-out").get_result())
            print(list(Note.objects.values_list("text", flat=True)))
            """
        )
    assert printed == f"{TOTAL}\n['total {TOTAL}']\n"
    fetched = [line for line in ledger.lines() if len(line) == len("fetched 0")]
    assert sorted(fetched) == [f"fetched {n}" for n in range(10)]
