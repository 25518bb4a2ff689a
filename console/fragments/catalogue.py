"""Every kind of live piece, and how to load pieces of any kind by their keys."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping

from console.fragments import (
    details,
    executors,
    lists,
    overview,
    queues,
    releases,
    schedules,
)
from console.fragments.pieces import SEALED, Kind, Piece

_ALL: tuple[Kind, ...] = (
    lists.Rows(),
    lists.Rows(sealed=True),
    lists.News(),
    lists.News(sealed=True),
    lists.Counts(),
    lists.Counts(sealed=True),
    details.Facts(),
    details.Sides(),
    details.Talks(),
    details.Steps(),
    details.Tails(),
    details.Timelines(),
    details.Children(),
    *overview.KINDS,
    *queues.KINDS,
    *schedules.KINDS,
    *executors.KINDS,
    *releases.KINDS,
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}


def kind_of(key: str) -> str:
    """Return the name of the kind that a key belongs to."""
    return key.partition(":")[0]


def admissible(versions: Mapping[str, str], *, payloads: bool) -> dict[str, str]:
    """Return what one page may watch of what it asks for: known kinds, bounded.

    Args:
        versions: what the page shows, from the browser.
        payloads: whether its user may see payloads.
    """
    admitted: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for key, version in versions.items():
        kind = KINDS.get(kind_of(key))
        if kind is not None and kind.name.startswith(SEALED) and not payloads:
            continue
        if kind is not None and taken[kind.name] < kind.most and "\0" not in key:
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
