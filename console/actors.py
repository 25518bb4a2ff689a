"""Who acts, through which door, and from where.

Made by views, sockets, the API and the receivers of commands; read by `permissions`
and `audit`. Knows no database but the user it is given.
"""

from dataclasses import dataclass
from ipaddress import ip_address

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, through what, and from where.

    `scope` holds the names of permissions that a token is limited to; None: no limit
    beside the user's own. `name` stands in the audit trail: of a user, or of somebody
    at a shell whom Django does not know.
    """

    user: AbstractBaseUser | AnonymousUser
    via: str  # console, api, command or admin
    address: str | None
    scope: frozenset[str] | None = None
    label: str = ""  # what names nobody Django knows

    @property
    def name(self) -> str:
        """The name that entries keep; empty for nobody."""
        return self.label if self.user.is_anonymous else self.user.get_username()


def actor_of(
    request: HttpRequest, *, via: str = "console", scope: frozenset[str] | None = None
) -> Actor:
    """Tell who sent a request."""
    address = address_of(request)
    return Actor(user=request.user, via=via, address=address, scope=scope)


def address_of(request: HttpRequest) -> str | None:
    """Return the address at the other end of the connection.

    Headers that name another one are anybody's to write; a middleware of the project
    that trusts its proxy sets `REMOTE_ADDR`.
    """
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None
