"""`token revoke`."""

from django.core.management.base import CommandParser

from console.actions import tokens as actions
from console.actions.commands import actor_at_shell
from console.models import ApiToken
from durable_engine.errors import NotAuthorized
from durable_engine.management.shell.answers import Answer, write_answer
from durable_engine.management.shell.given import add_ids, read_ids
from durable_engine.management.shell.word import Options, Shell, Word


class Revoke(Word):
    """Ends tokens at once."""

    name = "revoke"
    help = "End tokens at once. They are named by their id, see `token list`."
    examples = 'token revoke 7 --reason "leaked"'
    writes = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the ids."""
        add_ids(parser)

    def run(self, shell: Shell, options: Options) -> None:
        """Revoke them, and tell of each."""
        actor = actor_at_shell(shell.operator)
        answer = Answer()
        for target in read_ids(options["targets"]):
            try:
                changed = actions.revoke(actor, int(target), shell.reason)
            except (ApiToken.DoesNotExist, ValueError, OverflowError):
                answer.unchanged[target] = "there is no such token"
            except NotAuthorized as refusal:
                answer.unchanged[target] = str(refusal)
            else:
                if changed:
                    answer.changed.append(target)
                else:
                    answer.unchanged[target] = "it is revoked already"
        write_answer(shell.terminal, answer, "revoked")
