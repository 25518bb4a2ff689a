"""An agent: think, ask a tool, talk to its user, until it is done."""

import pytest

from tests.support.project import Project

PROGRAM = """
    import durable_engine as DBOS
    from durable_engine import SetWorkflowID
    from shop.ledger import log

    @DBOS.step(retries_allowed=True, interval_seconds=0.01, max_attempts=3)
    def call_model(history):
        turn = len([one for one in history if one["role"] == "assistant"])
        log(f"model turn {turn}")
        if history[-1]["content"] == "bye":
            return {"role": "assistant", "content": "goodbye", "done": True}
        return {"role": "assistant", "content": f"answer {turn}", "done": False}

    @DBOS.step()
    def call_tool(question):
        log(f"tool {question}")
        return {"role": "tool", "content": question.upper()}

    @DBOS.workflow()
    def agent(task):
        history = [{"role": "user", "content": task}]
        while True:
            answer = call_model(history)
            history.append(answer)
            DBOS.set_event("turn", len(history))
            DBOS.send("the-user", answer["content"], DBOS.workflow_id)
            if answer["done"]:
                return [one["content"] for one in history]
            question = DBOS.recv("chat", timeout_seconds=60)
            if question is None:
                return "the user has gone"
            if question.startswith("tool:"):
                history.append(call_tool(question[5:]))
            else:
                history.append({"role": "user", "content": question})

    @DBOS.workflow()
    def user(agent_id, questions):
        heard = []
        for question in questions:
            heard.append(DBOS.recv(agent_id, timeout_seconds=60))
            DBOS.send(agent_id, question, "chat")
        heard.append(DBOS.recv(agent_id, timeout_seconds=60))
        return heard
"""
START = """
    import durable_engine as DBOS
    from durable_engine import SetWorkflowID
    from shop.workflows import agent, user
    with SetWorkflowID("the-user"):
        DBOS.start_workflow(user, "the-agent", ["tool:weather", "and then?", "bye"])
    with SetWorkflowID("the-agent"):
        DBOS.start_workflow(agent, "plan my day")
"""
END = """
    import durable_engine as DBOS
    print(DBOS.retrieve_workflow("the-agent").get_result())
    print(DBOS.retrieve_workflow("the-user").get_result())
"""
TALK = [
    "plan my day",
    "answer 0",
    "WEATHER",
    "answer 1",
    "and then?",
    "answer 2",
    "bye",
    "goodbye",
]
HEARD = ["answer 0", "answer 1", "answer 2", "goodbye"]
LEDGER = ["model turn 0", "tool weather", *(f"model turn {n}" for n in (1, 2, 3))]


@pytest.fixture(autouse=True)
def program(project: Project, ledger):
    project.workflows(PROGRAM)


def test_in_one_process(project, ledger):
    printed = project.run(
        "    import durable_engine as DBOS; DBOS.launch()\n" + START + END
    )
    assert printed.splitlines()[-2:] == [str(TALK), str(HEARD)]
    assert ledger.lines() == LEDGER


def test_through_two_workers(project, ledger):
    with project.worker(), project.worker():
        project.run(START)
        assert project.run(END) == f"{TALK}\n{HEARD}\n"
    assert ledger.lines() == LEDGER


def test_killed_between_every_two_turns(project, ledger):
    begin = """
        import durable_engine as DBOS
        from shop.workflows import agent
        with DBOS.SetWorkflowID("the-user"):
            DBOS.enqueue_workflow("nobody serves this", agent, "stands in for the user")
        with DBOS.SetWorkflowID("the-agent"):
            DBOS.start_workflow(agent, "plan my day")
    """
    ask = """
        import durable_engine as DBOS
        DBOS.send("the-agent", "{question}", "chat")
    """
    wait = """
        import durable_engine as DBOS
        while DBOS.get_event("the-agent", "turn") != {turn}:
            DBOS.get_event("nobody", "turn", 0.01)
    """
    project.run(begin)
    for turn, question in ((2, "tool:weather"), (4, "and then?"), (6, "bye")):
        with project.worker() as worker:
            project.run(wait.format(turn=turn))
            worker.kill()
        project.run(ask.format(question=question))
    with project.worker():
        printed = project.run(
            """
            import durable_engine as DBOS
            handle = DBOS.retrieve_workflow("the-agent")
            print(handle.get_result())
            print(handle.get_status().recovery_attempts)
            """
        )
    assert printed == f"{TALK}\n4\n"
    assert ledger.lines() == LEDGER
