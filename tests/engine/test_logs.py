"""Log records say which workflow and step they were made in."""

import asyncio
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest

import durable_engine as durable
from durable_engine.logs import FIELDS, JSONFormatter, WorkflowFilter

shop = logging.getLogger("tests.logs.shop")


class Kept(logging.Handler):
    """Keeps records, and the lines that a formatter makes of them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, object]] = []
        self.addFilter(WorkflowFilter())
        self.setFormatter(JSONFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        assert "\n" not in line
        self.lines.append(json.loads(line))

    def said(self) -> dict[object, tuple[object, ...]]:
        return {
            line["message"]: tuple(line.get(field) for field in FIELDS)
            for line in self.lines
        }


@pytest.fixture
def kept() -> Iterator[Kept]:
    handler = Kept()
    shop.addHandler(handler)
    shop.setLevel("INFO")
    yield handler
    shop.removeHandler(handler)


@durable.step(name="logs.flaky", retries_allowed=True, interval_seconds=0.0)
def flaky(failed: list[int]) -> None:
    shop.info("attempt %s", len(failed) + 1)
    if not failed:
        failed.append(1)
        message = "once"
        raise ValueError(message)


@durable.workflow(name="logs.order")
def order() -> None:
    shop.info("body")
    durable.logger.info("own")
    failed: list[int] = []
    durable.run_step(None, lambda: shop.info("ad hoc"))
    flaky(failed)


@durable.workflow(name="logs.later")
async def later() -> None:
    async def inner() -> None:
        await asyncio.to_thread(shop.info, "thread")

    await durable.run_step_async(None, inner)
    shop.info("coroutine")


def test_records_of_any_logger_tell_workflow_step_and_attempt(engine_database, kept):
    shop.info("outside")
    with durable.SetWorkflowID("o-1"):
        order()
    with durable.SetWorkflowID("l-1"):
        asyncio.run(later())
    here = __name__
    assert kept.said() == {
        "outside": (None,) * 5,
        "body": ("o-1", "logs.order", None, None, None),
        "ad hoc": ("o-1", "logs.order", 1, f"{here}.order.<locals>.<lambda>", 1),
        "attempt 1": ("o-1", "logs.order", 2, "logs.flaky", 1),
        "attempt 2": ("o-1", "logs.order", 2, "logs.flaky", 2),
        "thread": ("l-1", "logs.later", 1, f"{here}.later.<locals>.inner", 1),
        "coroutine": ("l-1", "logs.later", None, None, None),
    }


def test_own_logger_needs_nothing(engine_database, caplog):
    with durable.SetWorkflowID("o-2"), caplog.at_level("INFO", durable.logger.name):
        order()
    (record,) = (one for one in caplog.records if one.message == "own")
    assert (record.workflow_id, record.workflow_name) == ("o-2", "logs.order")
    assert (record.step_id, record.step_name, record.attempt) == (None,) * 3


def test_what_a_record_has_stays_and_json_takes_anything(kept):
    try:
        flaky([])
    except ValueError:
        shop.exception("failed", extra={"workflow_id": "given", "odd": {1, (2,)}})
    line = kept.lines[-1]
    assert (line["level"], line["logger"]) == ("ERROR", "tests.logs.shop")
    assert line["workflow_id"] == "given"
    assert line["error"].endswith("ValueError: once\n")
    assert line["time"].endswith("+00:00")
    assert "(2,)" in line["odd"]


def test_the_documented_setting_is_valid():
    made = logging.config.DictConfigurator({"version": 1, "filters": {}})
    found = made.configure_filter({"()": "durable_engine.logs.WorkflowFilter"})
    assert isinstance(found, WorkflowFilter)
    found = made.configure_formatter({"()": "durable_engine.logs.JSONFormatter"})
    assert isinstance(found, JSONFormatter)
