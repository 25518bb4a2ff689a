"""Who started a workflow is recorded, taken over and restored."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpRequest, JsonResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

import durable_engine as durable


@durable.step(name="tests.starter_step")
def inside_a_step():
    with durable.SetWorkflowID("from-step"):
        durable.enqueue_workflow("nobody-serves", who)
    return durable.started_by


@durable.workflow(name="tests.who")
def who():
    return durable.started_by


@durable.workflow(name="tests.who_all")
def who_all():
    with durable.SetStartedBy("cron"):
        other = durable.start_workflow(who).get_result()
    with durable.SetStartedBy(None):
        nobody = who()
    return [durable.started_by, who(), inside_a_step(), other, nobody]


@durable.workflow(name="tests.who_async")
async def who_async():
    return durable.started_by


def view(request: HttpRequest) -> JsonResponse:
    handle = durable.enqueue_workflow("nobody-serves", who)
    return JsonResponse({"id": handle.workflow_id, "called": who()})


async def async_view(request: HttpRequest) -> JsonResponse:
    handle = await durable.enqueue_workflow_async("nobody-serves", who)
    return JsonResponse({"id": handle.workflow_id, "called": await who_async()})


def idle_view(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"looked_up": hasattr(request, "_cached_user")})


urlpatterns = [
    path("start", view),
    path("async", async_view),
    path("idle", idle_view),
]

SITE = {
    "ROOT_URLCONF": __name__,
    "MIDDLEWARE": [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "durable_engine.middleware.StartedByMiddleware",
    ],
}


def started_by(workflow_id):
    return durable.get_workflow_status(workflow_id).started_by


class TestBlock:
    def test_children_and_steps_take_it_over(self, engine_database, worker):
        with durable.SetWorkflowID("w"), durable.SetStartedBy("alice"):
            handle = durable.start_workflow(who_all)
        assert handle.get_result() == ["alice", "alice", "alice", "cron", None]
        assert started_by("w") == "alice"
        assert started_by("w-1") == "cron"
        assert started_by("w-3") is None
        assert started_by("w-4") == "alice"
        assert started_by("from-step") == "alice"
        (listed,) = durable.list_workflows(workflow_ids="w")
        assert listed.started_by == "alice"
        assert durable.started_by is None

    def test_nobody(self, engine_database):
        with durable.SetWorkflowID("w"):
            assert who() is None
        assert started_by("w") is None

    def test_a_user_of_django(self, engine_database):
        user = get_user_model()(username="bob")
        with durable.SetStartedBy(user):
            assert who() == "bob"
            debounced = durable.Debouncer(who).debounce("key", 60)
            many = durable.Queue("starters").enqueue_many([(who,), (who,)])
        found = [started_by(one.workflow_id) for one in (debounced, *many)]
        assert found == ["bob", "bob", "bob"]

    @pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 256])
    def test_bad_name(self, name):
        with pytest.raises(ValueError, match="who starts a workflow must"):
            durable.SetStartedBy(name)

    def test_restored_by_a_resume_and_copied(self, engine_database, worker):
        entered, go = threading.Event(), threading.Event()

        @durable.step
        def wait():
            entered.set()
            go.wait(20)

        @durable.workflow
        def program():
            wait()
            durable.sleep(0)
            return durable.started_by

        with durable.SetWorkflowID("w"), durable.SetStartedBy("alice"):
            durable.start_workflow(program)
        entered.wait(20)
        durable.cancel_workflow("w")
        go.set()
        assert durable.resume_workflow("w").get_result() == "alice"
        for copy in (durable.restart_workflow("w"), durable.fork_workflow("w", 2)):
            assert copy.get_result() == "alice"
            assert copy.get_status().started_by == "alice"


@pytest.fixture
def site():
    with override_settings(**SITE):
        yield


@pytest.mark.usefixtures("site")
class TestRequest:
    def test_sync_view(self, engine_database):
        client = Client()
        client.force_login(get_user_model().objects.create_user("carol"))
        answer = client.get("/start").json()
        assert (started_by(answer["id"]), answer["called"]) == ("carol", "carol")
        assert client.get("/idle").json() == {"looked_up": False}
        with durable.SetStartedBy("somebody else"):
            assert client.get("/start").json()["called"] == "somebody else"
        assert who() is None

    def test_anonymous(self, engine_database):
        answer = Client().get("/start").json()
        assert (started_by(answer["id"]), answer["called"]) == (None, None)

    @pytest.mark.parametrize("url", ["/async", "/start"])
    async def test_asgi(self, engine_database, url):
        client = AsyncClient()
        user = await get_user_model().objects.acreate_user("dave")
        await client.aforce_login(user)
        answer = (await client.get(url)).json()
        status = await durable.get_workflow_status_async(answer["id"])
        assert (status.started_by, answer["called"]) == ("dave", "dave")
