"""Being told that something changed, for pages and programs that show it live."""

from collections.abc import Callable

from durable_engine.runtime.engine import engine


def watch_changes(changed: Callable[[], None]) -> Callable[[], None]:
    """Call `changed` whenever workflows, queues or executors may have changed.

    A hint, never the truth: one may be lost, and most say too much. It is called
    from a thread of the engine, must be quick and must not raise.

    Args:
        changed: called without arguments.

    Returns:
        What ends the watch.
    """
    host = engine()
    host.hub.start(host.executor_id)
    return host.hub.watch(changed)
