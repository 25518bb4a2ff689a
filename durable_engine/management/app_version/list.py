"""`app_version list`: which versions of the application there were."""

from durable_engine.inspection import list_application_versions, list_stranded_versions
from durable_engine.management.shell.acting import permitted
from durable_engine.management.shell.documents import write_items
from durable_engine.management.shell.plain import record
from durable_engine.management.shell.tables import Column, moment, write_table
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.records import ApplicationVersionInfo

_COLUMNS = (
    Column(title="VERSION", least=12),
    Column(title="CURRENT"),
    Column(title="IN FLIGHT", right=True),
    Column(title="STRANDED"),
    Column(title="FIRST SEEN", least=19),
    Column(title="LAST SEEN", least=19),
)


class List(Word):
    """Lists the versions of the application that ran here."""

    name = "list"
    help = (
        "List the versions of the application that ran here, the newest first. A "
        "stranded one has workflows that no live worker runs: see `workflow resume`."
    )
    examples = "app_version list"

    def run(self, shell: Shell, options: Options) -> None:
        """Write the list."""
        del options
        view = "durable_engine.view_workflow"
        permitted(shell.act("view_workflow", view, "version", ""))
        stranded = {one.name for one in list_stranded_versions()}
        versions = [(one, one.name in stranded) for one in list_application_versions()]
        if shell.terminal.as_json:
            items = (record(one, stranded=lost) for one, lost in versions)
            write_items(shell.terminal, items)
        else:
            write_table(shell.terminal, _COLUMNS, (_row(*one) for one in versions))


def _row(version: ApplicationVersionInfo, stranded: bool) -> tuple[str, ...]:
    return (
        version.name,
        "yes" if version.current else "",
        f"{version.in_flight:,}",
        "yes" if stranded else "",
        moment(version.created_at),
        moment(version.last_seen_at),
    )
