"""The filters of `workflow list`: those of `list_workflows`, as options."""

from typing import Any

from django.apps import apps
from django.core.management.base import CommandParser
from django.db.models import Model

from durable_engine.management.shell.given import json_object
from durable_engine.management.shell.word import Options
from durable_engine.states import WorkflowState

_REPEATED = {
    "workflow_ids": (("--id", "--workflow-id", "--workflow-ids"), "this id"),
    "name": (("--name",), "of this registered name"),
    "queue_name": (("--queue", "--queue-name"), "of this queue"),
    "app_version": (("--app-version",), "of this application version"),
    "executor_id": (("--executor", "--executor-id"), "running in this process"),
    "parent_workflow_id": (("--parent", "--parent-workflow-id"), "children of this"),
    "forked_from": (("--forked-from",), "copies of this"),
    "schedule_name": (("--schedule", "--schedule-name"), "started by this schedule"),
}
_INSTANTS = {
    "start_time": "created then or later",
    "end_time": "created then or earlier",
    "completed_after": "ended, in any way, then or later",
    "completed_before": "ended, in any way, then or earlier",
}


def add_filters(parser: CommandParser) -> None:
    """Declare every filter; what is given twice means either."""
    group = parser.add_argument_group("filters, which must all match")
    group.add_argument(
        "--status",
        action="append",
        metavar="STATUS",
        help="one status or several, divided by commas: " + ", ".join(WorkflowState),
    )
    for target, (names, what) in _REPEATED.items():
        group.add_argument(
            *names,
            dest=target,
            action="append",
            metavar="X",
            help=f"{what}; may be repeated",
        )
    for target, what in _INSTANTS.items():
        option = "--" + target.replace("_", "-")
        group.add_argument(
            option,
            metavar="INSTANT",
            help=f"{what}: ISO 8601 with an offset, as 2026-11-22T08:00:00Z",
        )
    group.add_argument(
        "--prefix",
        "--workflow-id-prefix",
        dest="workflow_id_prefix",
        action="append",
        metavar="TEXT",
        help="whose id begins so; may be repeated",
    )
    group.add_argument(
        "--attributes",
        type=json_object,
        metavar="JSON",
        help="whose attributes contain this object",
    )
    group.add_argument(
        "--subject",
        metavar="APP.MODEL:PK",
        help="started with this model instance as its subject",
    )
    group.add_argument(
        "--search",
        metavar="TEXT",
        help="with this text in id, name or inputs, in any case (inputs: among the "
        "newest 100,000)",
    )


def filters_of(options: Options) -> dict[str, Any]:
    """Return the arguments of `list_workflows` that were given.

    Raises:
        ValueError: the subject is not valid.
    """
    names = (*_REPEATED, *_INSTANTS, "workflow_id_prefix", "attributes", "search")
    given = {name: options[name] for name in names if options[name] is not None}
    if options["status"]:
        parts = ",".join(options["status"]).split(",")
        given["status"] = [part.strip().upper() for part in parts if part.strip()]
    if options["subject"]:
        given["subject"] = _subject(options["subject"])
    return given


def _subject(text: str) -> Model:
    label, colon, key = text.rpartition(":")
    try:
        model = apps.get_model(label)
        found: Model = model(pk=model._meta.pk.to_python(key))  # noqa: SLF001 - Django's API
    except Exception as error:
        message = f"subject must be APP.MODEL:PK, such as shop.Order:42, not {text!r}"
        raise ValueError(message) from error
    if not colon or not key:
        message = f"subject must be APP.MODEL:PK, such as shop.Order:42, not {text!r}"
        raise ValueError(message)
    return found
