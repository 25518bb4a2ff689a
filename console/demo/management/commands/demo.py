"""`manage.py demo`: the shop, the console and a worker, with one command."""

import os
import sys
import webbrowser
from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.demo import operator
from console.demo.supervisor import DemoError, Supervisor, check_port, run_once
from console.project.environment import POSTGRESQL_SCHEMES, database_from_url

LOOPBACK = ("127.0.0.1", "localhost", "::1")
STAGES = ("prepare", "serve")


class Command(BaseCommand):
    """Runs the demo: supervises one process, or is that process."""

    help = (
        "Run the demo: a shop whose orders are durable workflows, the console, and a "
        "worker, in one process that is started again whenever it dies. Migrates its "
        "database first. Ctrl-C ends it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Describe the options."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument(
            "--port", type=_port, default=8000, help="port to listen on (default: 8000)"
        )
        parser.add_argument(
            "--postgres",
            metavar="URI",
            help="run on this PostgreSQL database (postgresql://…) instead of a file",
        )
        parser.add_argument(
            "--no-browser", action="store_true", help="do not open a browser"
        )
        parser.add_argument("--stage", choices=STAGES, help="used by the demo itself")

    def handle(self, *args: Any, **options: Any) -> None:
        """Be the parent or, for it, one of its children."""
        del args
        host, port = options["host"], options["port"]
        if options["stage"] == "prepare":
            call_command("migrate", verbosity=0, interactive=False)
            self.stdout.write(operator.ensure(settings.VAR / "demo_password"))
            return
        if options["stage"] == "serve":
            from console.demo.site import serve  # noqa: PLC0415 - chooses a reactor

            serve(host, port)
        try:
            status = self._supervise(options)
        except DemoError as error:
            raise CommandError(str(error)) from error
        sys.exit(status)

    def _supervise(self, options: dict[str, Any]) -> int:
        host, port = options["host"], options["port"]
        environment = _environment(host, options["postgres"])
        check_port(host, port)
        base = [
            sys.executable,
            sys.argv[0],
            "demo",
            "--host",
            host,
            "--port",
            str(port),
        ]
        self._say("Preparing the database …")
        password = run_once([*base, "--stage", "prepare"], environment).strip()

        def on_ready() -> None:
            shown = "localhost" if host in ("0.0.0.0", "::") else host  # noqa: S104
            address = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
            self._announce(address, password, environment)
            if not options["no_browser"] and sys.stdout.isatty():
                webbrowser.open(f"{address}/")

        return Supervisor(
            command=[*base, "--stage", "serve"],
            environment=environment,
            host=host,
            port=port,
            say=self._say,
            on_ready=on_ready,
        ).run()

    def _announce(
        self, address: str, password: str, environment: dict[str, str]
    ) -> None:
        where = (
            "the PostgreSQL database that you named"
            if "DURABLE_DATABASE_URL" in environment
            else os.path.relpath(environment["DURABLE_SQLITE"])
        )
        self._say(
            "\nThe demo is running.\n\n"
            f"  Shop      {address}/shop/\n"
            f"  Console   {address}/durable/\n"
            f"  Log in    user {operator.NAME}, password {password}\n"
            f"  Database  {where}\n\n"
            "Order a widget, pay, and press Crash! while its parcel travels.\n"
            "Ctrl-C ends the demo.\n"
        )

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= port <= 65_535:
        message = f"give a port from 1 to 65535, not {text!r}"
        raise ArgumentTypeError(message)
    return port


def _environment(host: str, postgres: str | None) -> dict[str, str]:
    """Return the environment of the demo's children, database and all.

    Raises:
        DemoError: the URI is not one of a PostgreSQL database.
    """
    environment = {**os.environ, "DURABLE_DEMO": "1", "PYTHONUNBUFFERED": "1"}
    environment.pop("DURABLE_DATABASE_URL", None)
    if host not in LOOPBACK:
        environment["DURABLE_ALLOWED_HOSTS"] = "*"
    if postgres is None:
        environment.setdefault("DURABLE_SQLITE", str(settings.VAR / "demo.sqlite3"))
        return environment
    if not postgres.startswith(tuple(f"{scheme}://" for scheme in POSTGRESQL_SCHEMES)):
        message = "--postgres takes a URI: postgresql://user:password@host:port/name"
        raise DemoError(message)
    try:
        database_from_url(postgres)
    except ValueError as error:
        raise DemoError(str(error)) from error
    environment["DURABLE_DATABASE_URL"] = postgres
    return environment
