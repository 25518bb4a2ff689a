"""`workflow send`."""

from django.core.management.base import CommandParser

from durable_engine import client
from durable_engine.management.shell.answers import Answer, one_by_one, write_answer
from durable_engine.management.shell.faults import usage_errors
from durable_engine.management.shell.given import add_id, json_value, read_id
from durable_engine.management.shell.word import Options, Shell, Word


class Send(Word):
    """Sends a message to a workflow."""

    name = "send"
    help = "Send a message, any JSON value, to a workflow, which gets it by recv()."
    examples = """
    workflow send order-42 '{"paid": true}' --topic payment
    workflow send order-42 '"go"' --idempotency-key go-1
    """
    writes = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the id, the message, its topic and key."""
        add_id(parser)
        parser.add_argument(
            "message", type=json_value, metavar="JSON", help="the message"
        )
        parser.add_argument("--topic", metavar="TEXT", help="which recv() gets it")
        parser.add_argument(
            "--idempotency-key",
            metavar="TEXT",
            help="a second message with this key is not stored",
        )

    def run(self, shell: Shell, options: Options) -> None:
        """Send it."""
        answer = Answer()

        def send(workflow_id: str) -> None:
            client.send(
                workflow_id,
                options["message"],
                options["topic"],
                idempotency_key=options["idempotency_key"],
            )

        permission = "durable_engine.send_message"
        with usage_errors():
            one_by_one(
                lambda ids: shell.act("send_message", permission, "workflow", *ids),
                [read_id(options["targets"])],
                send,
                answer,
            )
        write_answer(shell.terminal, answer, "sent")
