"""Bounded waiting from outside, and what a page reads of what workflows publish."""

import asyncio

import durable_engine as durable
from durable_engine import client, inspection

PATIENCE_SECONDS = 20.0


@durable.workflow(name="waiting.teller")
def teller(entries: int) -> str:
    durable.set_event("state", {"at": "begin"})
    for number in range(entries):
        durable.write_stream("log", number)
    durable.recv("go", timeout_seconds=PATIENCE_SECONDS)
    durable.write_stream("log", "last")
    durable.close_stream("log")
    return "told"


async def ended(workflow_id: str, seconds: float = PATIENCE_SECONDS) -> bool:
    return await client.wait_for_end_async(workflow_id, timeout_seconds=seconds)


async def written(offset: int, seconds: float = PATIENCE_SECONDS) -> bool:
    return await client.wait_for_entry_async(
        "teller", "log", offset=offset, timeout_seconds=seconds
    )


def test_waiting_ends_with_what_is_waited_for(engine_database: str) -> None:
    del engine_database
    durable.launch()
    try:
        with durable.SetWorkflowID("teller"):
            handle = durable.start_workflow(teller, 2)
        assert asyncio.run(written(1))
        assert not asyncio.run(written(2, 0))
        assert not asyncio.run(ended("teller", 0))

        async def until_told() -> list[bool]:
            waits = asyncio.gather(ended("teller"), written(2), written(99))
            await asyncio.sleep(0)
            await durable.send_async("teller", None, "go", idempotency_key="once")
            return await waits

        assert asyncio.run(until_told()) == [True, True, True]
        assert handle.get_result() == "told"
        assert asyncio.run(ended("nobody"))
    finally:
        durable.destroy()
    (event,) = inspection.list_events("teller")
    assert (event.key, event.value) == ("state", {"at": "begin"})
    assert inspection.list_events("teller", after="state") == []
    (message,) = inspection.list_messages("teller")
    assert (message.topic, message.message, message.idempotency_key) == (
        "go",
        None,
        "once",
    )
    assert message.consumed_position is not None
    assert inspection.list_messages("teller", after=message.id) == []
    entries = inspection.list_stream("teller", "log", after=0)
    assert [(one.offset, one.value, one.closes) for one in entries] == [
        (1, 1, False),
        (2, "last", False),
        (3, None, True),
    ]
    assert [one.offset for one in inspection.list_stream("teller", "log", limit=1)] == [
        0
    ]
    steps = inspection.list_workflow_steps("teller", after=2, limit=2)
    assert [step.position for step in steps] == [3, 4]
