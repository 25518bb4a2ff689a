"""Every kind of live piece, and how to load pieces of any kind by their keys."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping

from console.actors import Actor
from console.fragments import (
    attention,
    causes,
    details,
    executors,
    lists,
    overview,
    queues,
    releases,
    schedules,
)
from console.fragments.pieces import SEALED, Kind, Piece
from console.permissions import Permission, may

_ALL: tuple[Kind, ...] = (
    lists.Rows(),
    lists.Rows(sealed=True),
    lists.News(),
    lists.News(sealed=True),
    lists.Counts(),
    lists.Counts(sealed=True),
    details.Facts(),
    details.Sides(),
    details.Payloads(),
    details.Talks(),
    details.Steps(),
    details.Tails(),
    details.Timelines(),
    details.Children(),
    *overview.KINDS,
    *attention.KINDS,
    *causes.KINDS,
    *queues.KINDS,
    *schedules.KINDS,
    *executors.KINDS,
    *releases.KINDS,
)

_OF_A_WORKFLOW = {
    *("row", f"{SEALED}row", "facts", "side", "children", "timeline"),
    *(f"{SEALED}payloads", f"{SEALED}talk"),
}
_OF_A_PART = {"step", "tail"}  # a position comes first

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}


def kind_of(key: str) -> str:
    """Return the name of the kind that a key belongs to."""
    return key.partition(":")[0]


def workflow_of(key: str) -> str:
    """Return the id of the one workflow that a piece is about; "": of none."""
    kind, _colon, name = key.partition(":")
    if kind in _OF_A_PART:
        return name.partition(":")[2]
    return name if kind in _OF_A_WORKFLOW else ""


def admissible(versions: Mapping[str, str], actor: Actor) -> dict[str, str]:
    """Return what one page may watch of what it asks for: known kinds, bounded.

    What is about one workflow is for who may see that one; what shows payloads, for
    who may see its payloads.

    Args:
        versions: what the page shows, from the browser.
        actor: whose page it is.
    """
    admitted: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for key, version in versions.items():
        kind = KINDS.get(kind_of(key))
        if kind is None or taken[kind.name] >= kind.most or "\0" in key:
            continue
        target = workflow_of(key)
        if kind.name.startswith(SEALED) and not may(
            actor, Permission.VIEW_PAYLOAD, target
        ):
            continue
        if target and not may(actor, Permission.VIEW_WORKFLOW, target):
            continue
        taken[kind.name] += 1
        admitted[key] = version
    return admitted


def load(keys: Collection[str]) -> dict[str, Piece]:
    """Read pieces of any kinds; unknown keys are left out."""
    names: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        kind, _colon, name = key.partition(":")
        if kind in KINDS:
            names[kind].append(name)
    found: dict[str, Piece] = {}
    for kind, wanted in names.items():
        found.update(KINDS[kind].load(wanted))
    return found
