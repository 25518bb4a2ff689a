"""What a live piece is, and the message that brings pieces to a page."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import ngettext

from console import addresses

SPOKEN_AT_ONCE = 3

SEALED = "sealed-"
"""How the names of kinds begin that need the permission to see payloads."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """One element of a page with a name, a version and the data that it shows.

    The root of the template carries `data-live`, `data-version` and `data-slot`.
    """

    key: str
    version: str
    template: str
    subject: object
    spoken: str = ""  # what a screen reader says when it changes

    @property
    def slot(self) -> str:
        """The key as a CSS selector may hold it."""
        return addresses.slot(self.key)

    @property
    def sealed(self) -> bool:
        """Whether it shows something of payloads."""
        return self.key.startswith(SEALED)

    def render(self) -> str:
        """Write the element as HTML, without white space around it."""
        return render_to_string(self.template, {"piece": self}).strip()


class Kind(Protocol):
    """A family of pieces; the key of each begins with the family's name and `:`."""

    @property
    def name(self) -> str:
        """What keys begin with."""

    @property
    def least_seconds(self) -> float:
        """How long to rest between two loads at least, however fast things change."""

    @property
    def most(self) -> int:
        """How many pieces of the kind one page may watch: each costs a query or row."""

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the pieces with these names, in as few queries as possible.

        Args:
            names: keys without the family's name. They come from browsers: those
                that mean nothing are left out of the answer.

        Returns: pieces by key.
        """


def message(changed: Collection[Piece]) -> str:
    """Write the HTML that brings changed pieces to a page, and says so aloud."""
    parts = [
        f"<hx-partial hx-target='[data-slot=\"{piece.slot}\"]' hx-swap='outerMorph'>"
        f"{piece.render()}</hx-partial>"
        for piece in changed
    ]
    if spoken := _spoken(changed):
        parts.append(
            "<hx-partial hx-target='#announcer' hx-swap='textContent'>"
            f"{escape(spoken)}</hx-partial>"
        )
    return "".join(parts)


def lacking(
    versions: Mapping[str, str], found: Mapping[str, Piece]
) -> tuple[Piece, ...]:
    """Return the pieces that a page with these versions does not have as they are."""
    pieces = ((found.get(key), version) for key, version in versions.items())
    return tuple(
        piece for piece, version in pieces if piece and piece.version != version
    )


def fingerprint(pieces: Collection[Piece]) -> str:
    """Return an entity tag for the state of these pieces."""
    return addresses.slot("\n".join(sorted(f"{p.key} {p.version}" for p in pieces)))


def _spoken(changed: Collection[Piece]) -> str:
    sentences = [piece.spoken for piece in changed if piece.spoken]
    if len(sentences) <= SPOKEN_AT_ONCE:
        return ". ".join(sentences)
    text = ngettext("%d change", "%d changes", len(sentences))
    return text % len(sentences)
