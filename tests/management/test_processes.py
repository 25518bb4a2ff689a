"""The commands as real processes: pipes, signals, exit statuses, projects."""

import signal
import subprocess
import sys

import pytest

from tests.support.databases import on_postgresql, on_sqlite, sqlite_url
from tests.support.project import Project

WORKFLOWS = """
    import durable_engine as durable

    @durable.workflow
    def add(first, second=0):
        return first + second
"""


@pytest.fixture
def site(project: Project) -> Project:
    project.workflows(WORKFLOWS)
    return project


@on_postgresql
def test_a_shell_pipes_ids_and_reads_exit_statuses(site):
    """No console is installed here."""
    start = ("workflow", "start", "shop.workflows.add", "--args", "[20, 22]")
    done = site.manage(*start, "--id", "a b/é")
    assert (done.returncode, done.stdout) == (0, "a b/é\n"), done.stderr
    pipe = "{manage} workflow list --ids | {manage} workflow cancel - --json"
    done = _shell(site, pipe)
    assert (done.returncode, done.stdout.count("a b/é")) == (0, 0)
    assert r"a b/\u00e9" in done.stdout
    done = site.manage("workflow", "cancel", "--", "-x")
    assert (done.returncode, done.stderr) == (
        1,
        "CommandError: 1 of 1 left alone.\n",
    )
    assert done.stdout == "-x  left alone: there is no such workflow\n"
    done = site.manage("workflow", "recover", "x", "--no-color", "--colour")
    assert done.returncode == 2
    assert "unrecognized arguments: --colour" in done.stderr


@on_sqlite
def test_nobody_reads_and_somebody_interrupts(site):
    site.run(
        """
        from shop.workflows import add
        import durable_engine as durable
        for number in range(300):
            with durable.SetWorkflowID(f"{number:0250}"):
                durable.enqueue_workflow("q", add, number)
        """
    )
    done = _shell(site, "{manage} workflow list --all --json | head -c 9; exit")
    assert (done.stdout, done.stderr) == ('{"items":', "")
    done = _shell(site, "set -o pipefail; {manage} workflow list --all | head -n 1")
    assert (done.returncode, done.stderr) == (0, "")
    code = (  # a shell starts what runs in the background with the signal ignored
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from django.core.management import execute_from_command_line as run; run("
    )
    wait = '["manage.py", "workflow", "start", "shop.workflows.add", "--wait", '
    with site.start(f'{code}{wait}"--args", "[1]"])') as program:
        program.wait_for("No worker is running")
        program.signal(signal.SIGINT)
        assert program.wait() == 130
        assert "interrupted" in program.output
        assert "Traceback" not in program.output


@on_sqlite
def test_a_database_that_is_not_migrated_or_not_there(site, tmp_path):
    site.databases = {"default": sqlite_url(tmp_path / "empty.sqlite3")}
    done = site.manage("workflow", "list")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "CommandError: The database of the alias 'default' lacks tables or columns of "
        "the engine. Run: manage.py migrate\n"
    )
    site.databases = {"default": "postgresql://nobody@127.0.0.1:9/none"}
    done = site.manage("workflow", "start", "shop.workflows.add", "--args", "[1]")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "CommandError: The database of the alias 'default' cannot be reached: "
    )


def _shell(site: Project, line: str) -> subprocess.CompletedProcess[str]:
    manage = f"{sys.executable} manage.py"
    return subprocess.run(
        ["/bin/bash", "-c", line.format(manage=manage)],
        cwd=site.root,
        env=site._environment({}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
