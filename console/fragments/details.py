"""The live pieces of a workflow's own page: facts, timeline, steps, children, talk."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from django.utils.translation import gettext as _

from console.conf import CHILD_ROWS, SLOTS_PER_PAGE, STEP_ROWS
from console.fragments.lists import row_piece
from console.fragments.pieces import SEALED, Piece
from console.queries import details, family, previews, talk, timeline
from console.tables.steps import StepRow
from console.tables.timeline import Span, Timeline
from console.tables.versions import digest
from console.tables.workflows import WorkflowFacts, WorkflowRow

GONE = "gone"
"""The version of the head of a workflow that is no longer there."""

END = "end"
"""The version of a tail after which no step has come."""


def facts_piece(facts: WorkflowFacts) -> Piece:
    """Make the head of the page: status, times and all other facts."""
    return Piece(
        key=f"facts:{facts.id}",
        version=facts.version,
        template="durable_console/workflow/facts.html",
        subject=facts,
        spoken=_("This workflow: %s") % facts.full_status,
    )


def gone_piece(workflow_id: str) -> Piece:
    """Make what takes the place of the head when the workflow has been deleted."""
    return Piece(
        key=f"facts:{workflow_id}",
        version=GONE,
        template="durable_console/workflow/gone.html",
        subject=None,
        spoken=_("This workflow has been deleted."),
    )


def side_piece(facts: WorkflowFacts) -> Piece:
    """Make the column beside the page: every other fact."""
    turns = family.turns(facts.id)
    around = {
        "ancestors": family.ancestors(facts.parent_workflow_id),
        "children": family.descendants(facts.id),
        "forks": family.forks(facts.id),
    }
    return Piece(
        key=f"side:{facts.id}",
        version=digest(facts.version, *turns, *around.values()),
        template="durable_console/workflow/side.html",
        subject={"row": facts, "turns": turns, **around},
    )


def payloads_piece(workflow_id: str) -> Piece:
    """Make the list of payloads, each with its beginning; they load when unfolded."""
    found = previews.previews(workflow_id)
    return Piece(
        key=f"{SEALED}payloads:{workflow_id}",
        version=digest(*found),
        template="durable_console/workflow/payloads.html",
        subject={"id": workflow_id, "payloads": found},
    )


def talk_piece(workflow_id: str) -> Piece:
    """Make the lists of events, messages and streams; they are payloads."""
    found = talk.talk(workflow_id)
    return Piece(
        key=f"{SEALED}talk:{workflow_id}",
        version=digest(found),
        template="durable_console/workflow/talk.html",
        subject=found,
    )


def step_piece(step: StepRow) -> Piece:
    """Make one row of the table of steps."""
    return Piece(
        key=f"step:{step.position}:{step.workflow_id}",
        version=step.version,
        template="durable_console/workflow/step.html",
        subject=step,
    )


def tail_piece(workflow_id: str, position: int, newer: list[StepRow]) -> Piece:
    """Make the end of the table after a position: what has come, and a new end."""
    shown = [step_piece(step) for step in newer[:STEP_ROWS]]
    return Piece(
        key=f"tail:{position}:{workflow_id}",
        version=str(newer[-1].position) if newer else END,
        template="durable_console/workflow/tail.html",
        subject=[*shown, _end(workflow_id, newer[:STEP_ROWS])] if newer else [],
    )


def children_piece(workflow_id: str, rows: list[WorkflowRow]) -> Piece:
    """Make the list of children."""
    shown = [row_piece(row) for row in rows[:CHILD_ROWS]]
    return Piece(
        key=f"children:{workflow_id}",
        version=digest(*(f"{piece.key} {piece.version}" for piece in shown)),
        template="durable_console/workflow/children.html",
        subject={"rows": shown, "more": len(rows) > CHILD_ROWS},
    )


def timeline_piece(workflow_id: str, spans: list[Span]) -> Piece:
    """Make the timeline of these steps."""
    picture = Timeline.of(spans)
    return Piece(
        key=f"timeline:{workflow_id}",
        version=picture.version if picture else "",
        template="durable_console/workflow/timeline.html",
        subject=picture,
    )


class Facts:
    """Heads of pages."""

    name = "facts"
    least_seconds = 0.25
    most = 2

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the facts of each workflow; of one that is not there, say so."""
        found = {name: details.facts(name) for name in names}
        pieces = [
            gone_piece(name) if facts is None else facts_piece(facts)
            for name, facts in found.items()
        ]
        return {piece.key: piece for piece in pieces}


class Sides:
    """Columns beside pages."""

    name = "side"
    least_seconds = 0.5
    most = 2

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the facts, and the claims that recorded steps, of each workflow."""
        found = filter(None, map(details.facts, names))
        return {piece.key: piece for piece in map(side_piece, found)}


class Payloads:
    """Inputs, outputs and errors, by their beginnings."""

    name = f"{SEALED}payloads"
    least_seconds = 0.5
    most = 2

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read how the payloads of each workflow begin."""
        return {piece.key: piece for piece in map(payloads_piece, names)}


class Talks:
    """Events, messages and streams."""

    name = f"{SEALED}talk"
    least_seconds = 0.5
    most = 2

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the newest of each workflow."""
        return {piece.key: piece for piece in map(talk_piece, names)}


class Steps:
    """Rows of steps that have not ended; recorded ones never change (I2)."""

    name = "step"
    least_seconds = 0.25
    most = SLOTS_PER_PAGE

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the steps with one query for each workflow."""
        positions: dict[str, list[int]] = defaultdict(list)
        for workflow_id, position in _places(names):
            positions[workflow_id].append(position)
        steps = (
            step
            for workflow_id, wanted in positions.items()
            for step in details.steps_at(workflow_id, wanted)
        )
        return {piece.key: piece for piece in map(step_piece, steps)}


class Tails:
    """Ends of tables of steps, where new ones appear."""

    name = "tail"
    least_seconds = 0.25
    most = 2

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read what has come after each end."""
        pieces = (
            tail_piece(workflow_id, after, details.steps(workflow_id, after=after))
            for workflow_id, after in _places(names)
        )
        return {piece.key: piece for piece in pieces}


class Timelines:
    """Timelines; a running one moves at every load."""

    name = "timeline"
    least_seconds = 1.0
    most = 2

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the steps of each workflow, grouped if there are many."""
        pieces = (timeline_piece(name, timeline.spans(name)) for name in names)
        return {piece.key: piece for piece in pieces}


class Children:
    """Lists of children."""

    name = "children"
    least_seconds = 0.5
    most = 2

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the children of each workflow."""
        pieces = (children_piece(name, details.children(name)) for name in names)
        return {piece.key: piece for piece in pieces}


def _end(workflow_id: str, steps: list[StepRow]) -> Piece:
    return tail_piece(workflow_id, steps[-1].position, [])


def _places(names: Collection[str]) -> Iterator[tuple[str, int]]:
    for name in names:
        position, _colon, workflow_id = name.partition(":")
        if position.isascii() and position.isdigit() and len(position) <= 9:
            yield workflow_id, int(position)
