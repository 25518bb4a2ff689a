"""The console's own tables: who did what, and which tokens may act."""

from console.models.audit import AuditEntry
from console.models.tokens import ApiToken

__all__ = ["ApiToken", "AuditEntry"]
