"""Log records that say which workflow and step they were made in.

For `LOGGING` of a project: `WorkflowFilter` on a handler, for the records of every
logger; `JSONFormatter` to write them as one object a line. `durable.logger` has the
filter already. Needs no app registry: Django configures logging before there is one.
"""

import json
import logging
import traceback
from typing import Any

from durable_engine.clock import from_epoch
from durable_engine.runtime.context import current_frame

WORKFLOW_LOGGER = "durable_engine.workflow"
"""The name of `durable.logger`."""

FIELDS = ("workflow_id", "workflow_name", "step_id", "step_name", "attempt")
"""What a record is given: None where it does not apply."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
}


class WorkflowFilter(logging.Filter):
    """Gives every record the workflow and the step that it was made in; drops none.

    `workflow_id` and `workflow_name`; `step_id`, `step_name` and `attempt`: position and
    name of the step or transaction, None in the workflow's body, and the attempt,
    counted from 1. What a record has already, from `extra`, stays.

    On a handler it must run in the thread that logs: where a `QueueHandler` stands
    between, it belongs on that.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the fields; always true."""
        frame = current_frame()
        values: tuple[object, ...] = (None,) * len(FIELDS)
        if frame is not None:
            run, position = frame.run, frame.step_position
            attempt = None if position is None else frame.attempt
            name = run.registration.name
            values = (run.workflow_id, name, position, frame.step_name, attempt)
        for field, value in zip(FIELDS, values, strict=True):
            if not hasattr(record, field):
                setattr(record, field, value)
        return True


class JSONFormatter(logging.Formatter):
    """Writes a record as one JSON object on one line.

    `time` (ISO 8601, UTC), `level`, `logger`, `message`, then whatever the record was
    given by `extra` or by a filter and is not None; `error` and `stack` where there are
    any. What JSON has no word for is written as text.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        line: dict[str, Any] = {
            "time": from_epoch(record.created).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        for field, value in vars(record).items():
            if field not in _STANDARD and field not in line and value is not None:
                line[field] = value
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = "".join(traceback.format_exception(record.exc_info[1]))
        if record.stack_info:
            line["stack"] = record.stack_info
        return json.dumps(line, default=str, skipkeys=True)


_filter = WorkflowFilter()


def workflow_logger() -> logging.Logger:
    """Return `durable.logger`; its records always have the fields."""
    logger = logging.getLogger(WORKFLOW_LOGGER)
    logger.addFilter(_filter)  # once, however often it is added
    return logger
