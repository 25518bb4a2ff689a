"""The system tables as Django models: public to read, written by the engine only.

The runtime never imports this package: it runs static SQL on these tables. Models
serve migrations, lists, the admin and the console.
"""

from durable_engine.models.executors import ApplicationVersion, Executor
from durable_engine.models.messages import Event, EventHistory, Message, StreamEntry
from durable_engine.models.notices import Notice
from durable_engine.models.observing import AlertState, Duty, Tally
from durable_engine.models.queues import Queue, QueueStart, Schedule
from durable_engine.models.steps import Step, TransactionCheckpoint
from durable_engine.models.waits import WaitingKey
from durable_engine.models.workflows import Workflow

__all__ = [
    "AlertState",
    "ApplicationVersion",
    "Duty",
    "Event",
    "EventHistory",
    "Executor",
    "Message",
    "Notice",
    "Queue",
    "QueueStart",
    "Schedule",
    "Step",
    "StreamEntry",
    "Tally",
    "TransactionCheckpoint",
    "WaitingKey",
    "Workflow",
]
