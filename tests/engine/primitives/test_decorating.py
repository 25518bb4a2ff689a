"""How the decorators are used, and what they refuse to stand above."""

import functools
import re

import pytest

import durable_engine as durable

DECORATORS = {
    "workflow": durable.workflow,
    "step": durable.step,
    "transaction": durable.transaction,
}
each = pytest.mark.parametrize("what", DECORATORS)


def refused(decorate, body, message):
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        decorate(body)


class TestAName:
    def test_may_be_the_first_argument(self, engine_database):
        @durable.step("tests.decorating.ship", max_attempts=2)
        def ship():
            return "shipped"

        @durable.workflow("tests.decorating.order", guard="off")
        def order():
            return ship()

        with durable.SetWorkflowID("named"):
            assert order() == "shipped"
        found = durable.get_workflow_status("named")
        assert found.name == "tests.decorating.order"
        steps = durable.list_workflow_steps("named")
        assert [one.name for one in steps] == ["tests.decorating.ship"]

    @pytest.mark.parametrize("decorator", [durable.workflow, durable.step])
    def test_is_given_once(self, decorator):
        message = "two names were given: 'one' and name='other'"
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            decorator("one", name="other")


class TestRefused:
    @pytest.mark.parametrize("body", [5, functools.partial(print, 1)])
    @each
    def test_what_is_no_function(self, what, body):
        kind = type(body).__name__
        message = f"@{what} decorates a function, not {kind}: {body!r}"
        refused(DECORATORS[what](), body, message)

    @pytest.mark.parametrize("below", DECORATORS)
    @pytest.mark.parametrize("what", ["step", "transaction"])
    def test_what_is_another_kind(self, what, below):
        @DECORATORS[below]
        def program(): ...

        name = f"{__name__}.{program.__qualname__}"
        message = f"@{what} stands above @{below}: {name} can be one of them only"
        if what == below:
            DECORATORS[what]()(program)
        else:
            refused(DECORATORS[what](), program, message)

    def test_a_workflow_of_one_step_is_fine(self, engine_database):
        @durable.workflow(name="tests.decorating.alone")
        @durable.step
        def alone():
            return "done"

        with durable.SetWorkflowID("alone"):
            assert alone() == "done"
        assert len(durable.list_workflow_steps("alone")) == 1

    @each
    def test_a_generator_whose_body_would_run_elsewhere(self, what):
        def numbers():
            yield 1

        async def later():
            yield 1

        for body in (numbers, later):
            message = (
                f"{__name__}.{body.__qualname__} is a generator: its body would run "
                f"where its values are taken, outside the {what}. Return a list, or "
                "hand values out as they come with write_stream()"
            )
            refused(DECORATORS[what], body, message)

    @pytest.mark.parametrize("kind", [staticmethod, classmethod])
    @each
    def test_methods_in_the_wrong_order(self, what, kind):
        name = kind.__name__
        message = f"@{what} stands above @{name}: put @{name} above it"
        refused(DECORATORS[what], kind(lambda: None), message)
