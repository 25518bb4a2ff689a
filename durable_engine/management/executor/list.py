"""`executor list`: which processes run workflows."""

from durable_engine.inspection import list_executors
from durable_engine.management.shell.acting import permitted
from durable_engine.management.shell.documents import write_items
from durable_engine.management.shell.plain import record
from durable_engine.management.shell.tables import Column, moment, write_table
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.records import ExecutorInfo

_COLUMNS = (
    Column(title="EXECUTOR", least=24),
    Column(title="ALIVE"),
    Column(title="RUNNING", right=True),
    Column(title="THREADS", right=True),
    Column(title="COROUTINES", right=True),
    Column(title="VERSION"),
    Column(title="HOST"),
    Column(title="PID", right=True),
    Column(title="HEARTBEAT", least=19),
)


class List(Word):
    """Lists the processes that run workflows."""

    name = "list"
    help = (
        "List the processes that run workflows, the newest first: whether their lease "
        "holds, how many workflows they own, and how many of their places are taken."
    )
    examples = """
    executor list
    executor list --json
    """

    def run(self, shell: Shell, options: Options) -> None:
        """Write the list."""
        del options
        view = "durable_engine.view_workflow"
        permitted(shell.act("view_workflow", view, "executor", ""))
        executors = list_executors()
        if shell.terminal.as_json:
            write_items(shell.terminal, map(record, executors))
        else:
            write_table(shell.terminal, _COLUMNS, map(_row, executors))


def _row(executor: ExecutorInfo) -> tuple[str, ...]:
    return (
        executor.executor_id,
        "yes" if executor.alive else "no",
        f"{executor.running:,}",
        _places(executor.threads_busy, executor.threads),
        _places(executor.coroutines_busy, executor.coroutines),
        executor.app_version,
        executor.hostname,
        str(executor.pid),
        moment(executor.heartbeat_at),
    )


def _places(busy: int, most: int) -> str:
    return f"{busy:,}/{most:,}" if most else ""
