"""The testing kit for `unittest`: a mixin for Django's `TestCase`."""

from typing import TYPE_CHECKING, Any

from durable_engine.testing.kit import DurableKit

if TYPE_CHECKING:
    import unittest

    class _Base(DurableKit, unittest.TestCase):
        """What a test is, as type checkers see it: a test case with the kit's words."""

else:
    _Base = object

_WORDS = (
    "assert_ran",
    "assert_ran_once",
    "assert_replays",
    "assert_steps",
    "assert_workflow",
    "crash_at",
    "drain",
    "drain_async",
    "durable_time",
    "recover",
    "recover_async",
)


class DurableTestCase(_Base):
    """Mixin: `class OrderTests(DurableTestCase, TestCase)`.

    Every test has a `DurableKit` of its own, from before its `setUp` to after its last
    clean-up, within the transaction that Django's `TestCase` makes. The words of the
    kit are attributes of the test: `self.drain()`, `self.crash_at(2)`,
    `self.recover()`, `self.durable_time.advance(weeks=2)`, `self.assert_workflow(…)`
    and the others.

    Attributes:
        durable_kit: the kit itself.
    """

    durable_kit: DurableKit

    def run(self, result: Any = None) -> Any:
        """Run the test with a kit; called when its database is ready."""
        with DurableKit() as self.durable_kit:
            for word in _WORDS:
                setattr(self, word, getattr(self.durable_kit, word))
            try:
                return super().run(result)
            finally:
                for word in (*_WORDS, "durable_kit"):
                    delattr(self, word)
