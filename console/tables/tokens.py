"""API tokens as lists show them: never with their hash."""

from dataclasses import dataclass
from datetime import datetime

from console.tables.instants import Instant, instant


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """One token."""

    id: int
    name: str
    prefix: str  # the beginning of its text
    username: str  # in whose name it acts
    own: bool  # whether that is who looks
    permissions: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None  # to the minute
    expired: bool

    @property
    def made(self) -> Instant:
        """When it was made."""
        return Instant(at=self.created_at)

    @property
    def used(self) -> Instant | None:
        """When it was used last."""
        return instant(self.last_used_at)

    @property
    def ends(self) -> Instant | None:
        """When it expires."""
        return instant(self.expires_at)

    @property
    def valid(self) -> bool:
        """Whether it still opens anything."""
        return not self.expired and self.revoked_at is None
