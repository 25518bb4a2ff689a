"""The console's own tables: who did what, which tokens may act, what users prefer."""

from console.models.audit import AuditEntry
from console.models.preferences import Preference, SavedView
from console.models.tokens import ApiToken

__all__ = ["ApiToken", "AuditEntry", "Preference", "SavedView"]
