"""Which versions there are, and which of them nobody runs any more."""

import durable_engine as durable
from durable_engine.conf import Settings
from durable_engine.records import ApplicationVersionInfo
from durable_engine.runtime.registry import (
    Registry,
    WorkflowRegistration,
    registry,
)
from durable_engine.runtime.version import application_version
from tests.support.project import Project

CODE = """
    import durable_engine as durable

    @durable.workflow
    def program():
        durable.recv("go", timeout_seconds=120)
        return durable.application_version
"""
START = """
    import durable_engine as durable
    from shop.workflows import program
    with durable.SetWorkflowID("w"):
        durable.start_workflow(program)
    import threading
    while not durable.list_workflow_steps("w"):
        threading.Event().wait(0.02)
"""
SHOW = """
    import durable_engine as durable
    print([(one.name, one.in_flight) for one in durable.list_stranded_versions()])
    print([(one.name, one.current, one.in_flight)
           for one in durable.list_application_versions()])
    print(durable.get_latest_application_version().name)
"""


def test_stranded_version_is_reported_and_its_workflow_moves(project: Project):
    project.workflows(CODE)
    with project.worker(DURABLE_APP_VERSION="one"):
        project.run(START, env={"DURABLE_APP_VERSION": "one"})
        assert project.run(SHOW, env={"DURABLE_APP_VERSION": "one"}) == (
            "[]\n[('one', True, 1)]\none\n"
        )
    with project.worker(DURABLE_APP_VERSION="two") as worker:
        if "version one" not in worker.output:
            worker.wait_for("version one")
        assert project.run(SHOW, env={"DURABLE_APP_VERSION": "two"}) == (
            "[('one', 1)]\n[('two', True, 0), ('one', False, 1)]\ntwo\n"
        )
        moved = project.run(
            """
            import durable_engine as durable
            durable.send("w", "go", "go")
            print(durable.resume_workflow("w").get_result())
            print(durable.list_stranded_versions())
            """,
            env={"DURABLE_APP_VERSION": "two"},
        )
        assert moved == "two\n[]\n"


class TestWhatCounts:
    """The version must be the same in processes that import different modules."""

    def registration(self, name, function, **options):
        return WorkflowRegistration(
            name=name, function=function, is_coroutine=False, **options
        )

    def version(self, registry):
        return application_version(Settings(), registry)

    def test_what_is_defined_after_the_start_runs_but_does_not_count(
        self, engine_database
    ):
        before = application_version(Settings(), registry)

        @durable.workflow
        def late():
            return durable.application_version

        assert application_version(Settings(), registry) == before
        assert late() == before

    def test_what_is_known_when_it_is_asked_for_first_where_nothing_was_before(self):
        known = Registry()
        known.add_workflow(self.registration("task", len, any_version=True))
        known.settle()
        empty = self.version(known)
        known.add_workflow(self.registration("first", TestWhatCounts.version))
        known.settle()
        first = self.version(known)
        assert first != empty
        known.add_workflow(self.registration("second", TestWhatCounts.registration))
        assert self.version(known) == first

    def test_the_source_and_the_name_count(self):
        versions = set()
        for name, function in [
            ("a", TestWhatCounts.version),
            ("b", TestWhatCounts.version),
            ("a", TestWhatCounts.registration),
        ]:
            known = Registry()
            known.add_workflow(self.registration(name, function))
            versions.add(self.version(known))
        assert len(versions) == 3


def test_nothing_ran_yet(engine_database):
    assert durable.list_application_versions() == []
    assert durable.get_latest_application_version() is None
    assert durable.list_stranded_versions() == []


def test_in_a_workflow_the_answer_is_recorded(engine_database):
    @durable.workflow
    def program():
        return (
            durable.list_application_versions(),
            durable.get_latest_application_version(),
            durable.list_stranded_versions(),
            durable.list_workflows(limit=1).next_cursor,
            durable.list_queued_workflows().search_limited,
            durable.get_workflow_status("nobody"),
        )

    with durable.SetWorkflowID("w"):
        versions, latest, *_ = program()
    assert versions == [latest]
    assert isinstance(latest, ApplicationVersionInfo)
    steps = durable.list_workflow_steps("w")
    assert [step.name for step in steps] == [
        "durable.list_application_versions",
        "durable.get_latest_application_version",
        "durable.list_stranded_versions",
        "durable.list_workflows",
        "durable.list_queued_workflows",
        "durable.get_workflow_status",
    ]
    assert steps[1].output == latest
