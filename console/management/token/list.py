"""`token list`."""

from typing import Any

from console.actions.commands import actor_at_shell
from console.queries.tokens import visible_to
from console.tables.tokens import TokenRow
from durable_engine.management.shell.documents import write_items
from durable_engine.management.shell.tables import Column, moment, write_table
from durable_engine.management.shell.word import Options, Shell, Word

_COLUMNS = (
    Column(title="ID", least=1, right=True),
    Column(title="TOKEN", least=13),
    Column(title="USER"),
    Column(title="NAME"),
    Column(title="STATE"),
    Column(title="EXPIRES", least=19),
    Column(title="USED", least=19),
    Column(title="PERMISSIONS", least=12),
)


class List(Word):
    """Lists tokens."""

    name = "list"
    help = (
        "List tokens, the newest first, by the beginning of their text. With --user: "
        "those that this user may see."
    )
    examples = "token list"

    def run(self, shell: Shell, options: Options) -> None:
        """Write the list."""
        del options
        tokens = visible_to(actor_at_shell(shell.operator))
        if shell.terminal.as_json:
            write_items(shell.terminal, map(_item, tokens))
        else:
            write_table(shell.terminal, _COLUMNS, map(_row, tokens))


def _item(token: TokenRow) -> dict[str, Any]:
    return {
        "id": token.id,
        "prefix": token.prefix,
        "user": token.username,
        "name": token.name,
        "state": _state(token),
        "permissions": token.permissions,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "last_used_at": token.last_used_at,
    }


def _row(token: TokenRow) -> tuple[str, ...]:
    return (
        str(token.id),
        f"{token.prefix}…",
        token.username,
        token.name,
        _state(token),
        moment(token.expires_at),
        moment(token.last_used_at),
        " ".join(one.partition(".")[2] for one in token.permissions),
    )


def _state(token: TokenRow) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expired else "valid"
