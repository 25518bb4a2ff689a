"""Workflows, steps and transactions as static, class and instance methods."""

import pytest

import durable_engine as durable
from tests.engine.histories import history
from tests.support.project import Project


class Mailer:
    """Has every kind of method that can be durable."""

    prefix = "all"

    def __init__(self, sender):
        self.sender = sender

    @durable.workflow
    def send(self, text):
        return self.signed(text), self.stored(text), Mailer.counted(text)

    @durable.step
    def signed(self, text):
        return f"{text} ({self.sender})"

    @durable.transaction
    def stored(self, text):
        return f"{self.sender}:{text}"

    @staticmethod
    @durable.step
    def counted(text):
        return len(text)

    @classmethod
    @durable.step
    def marked(cls, text):
        return f"{cls.prefix} {text}"

    @classmethod
    @durable.workflow
    def broadcast(cls, text):
        return cls.marked(text), cls.__name__

    @staticmethod
    @durable.workflow
    def measure(text):
        return Mailer.counted(text)

    @durable.workflow
    async def send_later(self, text):
        return self.sender, text


class Special(Mailer):
    """Inherits its workflows."""

    prefix = "special"


@pytest.fixture(scope="module")
def mailer():
    return durable.register_instance(Mailer("ann"), "ann")


@pytest.fixture(scope="module")
def special():
    return durable.register_instance(Special("bob"), "bob")


def test_called_directly(engine_database, mailer):
    with durable.SetWorkflowID("w"):
        assert mailer.send("hello") == ("hello (ann)", "ann:hello", 5)
    assert history("w") == [(1, "signed"), (2, "stored"), (3, "counted")]
    assert Mailer.broadcast("hello") == ("all hello", "Mailer")
    assert Special.broadcast("hello") == ("special hello", "Special")
    assert Mailer.measure("hello") == 5
    name = durable.get_workflow_status("w").name
    assert name == "tests.methods.test_methods.Mailer.send"


def test_started_and_enqueued(worker, mailer, special):
    queue = durable.Queue("methods")
    handles = [
        durable.start_workflow(mailer.send, "one"),
        queue.enqueue(special.send, "two"),
        durable.start_workflow(Special.broadcast, "three"),
        queue.enqueue(Mailer.measure, "four!"),
        durable.start_workflow(special.send_later, text="five"),
    ]
    assert [tuple_of(handle.get_result()) for handle in handles] == [
        ("one (ann)", "ann:one", 3),
        ("two (bob)", "bob:two", 3),
        ("special three", "Special"),
        5,
        ("bob", "five"),
    ]


def tuple_of(value):
    return tuple(value) if isinstance(value, list) else value


def test_class_in_a_function_is_found_where_it_was_started(worker):
    class Counter:
        @classmethod
        @durable.workflow
        def named(cls, text):
            return cls.__name__ + text

    assert durable.start_workflow(Counter.named, "!").get_result() == "Counter!"


@durable.dbos_class()
class Fetcher(durable.DBOSConfiguredInstance):
    """A class as programs for DBOS have it."""

    def __init__(self, url):
        self.url = url
        super().__init__(config_name=url)

    @durable.workflow()
    def fetch(self):
        return self.fetched()

    @durable.step()
    def fetched(self):
        return self.url


@pytest.fixture(scope="module")
def fetcher():
    return Fetcher("https://example.org")


def test_class_as_programs_for_dbos_have_it(worker, fetcher):
    assert fetcher.fetch() == "https://example.org"
    assert durable.start_workflow(fetcher.fetch).get_result() == "https://example.org"
    with pytest.raises(durable.ConflictingRegistration):
        Fetcher("https://example.org")
    (found,) = durable.list_workflows(limit=1)
    assert found.name == "tests.methods.test_methods.Fetcher.fetch"


def test_forked_workflow_finds_its_instance(worker, mailer):
    with durable.SetWorkflowID("w"):
        mailer.send("hello")
    signed, *_ = durable.fork_workflow("w", 1).get_result()
    assert signed == "hello (ann)"


def test_instance_without_a_name_is_refused_and_nothing_is_stored(engine_database):
    with pytest.raises(durable.UnregisteredInstance, match=r"test_methods:Mailer"):
        Mailer("eve").send("hello")
    with pytest.raises(durable.UnregisteredInstance):
        durable.start_workflow(Mailer("eve").send, "hello")
    assert durable.list_workflows() == []


def test_name_of_another_instance_is_refused(mailer):
    assert durable.register_instance(mailer, "ann") is mailer
    with pytest.raises(durable.ConflictingRegistration):
        durable.register_instance(Mailer("other"), "ann")


CODE = """
    import os
    import durable_engine as durable

    class Mailer:
        def __init__(self, sender):
            self.sender = sender

        @durable.workflow
        def send(self, text):
            self.note()
            durable.recv("go", timeout_seconds=60)
            return f"{text} by {self.sender}"

        @durable.step
        def note(self):
            print("noted", flush=True)

    @durable.workflow
    def other():
        return "other"

    if os.environ.get("SENDER"):
        durable.register_instance(Mailer(os.environ["SENDER"]), "main")
"""


def test_recovered_by_a_worker_that_has_the_instance(project: Project):
    project.workflows(CODE)
    with project.worker(SENDER="first") as first:
        project.run(
            """
            import durable_engine as durable
            from shop import workflows
            from durable_engine.runtime.registry import registry
            mailer = registry.instance("shop.workflows:Mailer", "main")
            with durable.SetWorkflowID("w"):
                durable.start_workflow(mailer.send, "hello")
            """,
            env={"SENDER": "client"},
        )
        first.wait_for("noted")
        with project.worker() as without:
            first.kill()
            without.wait_for("has not registered shop.workflows:Mailer 'main'")
            assert project.run(
                """
                import durable_engine as durable
                from shop.workflows import other
                print(durable.start_workflow(other).get_result())
                print(durable.get_workflow_status("w").status)
                """
            ) == ("other\nPENDING\n")
            with project.worker(SENDER="second"):
                assert project.run(
                    """
                    import durable_engine as durable
                    durable.send("w", 1, "go")
                    print(durable.retrieve_workflow("w").get_result())
                    """
                ) == ("hello by second\n")
