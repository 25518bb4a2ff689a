"""A server that forks programs under test from one process with Django set up.

`python -m tests.faults.harness.forge` reads one order a line from its standard input,
runs it in a forked child, and answers with the child's exit status. The child is a
real process: it can die at any instruction, and shares nothing with the next. The
server itself uses no database and no engine.
"""

import gc
import importlib
import os
import signal
import sys
import traceback

import django

from tests.faults.harness.orders import Order

FAILED = 1


def serve() -> None:
    """Run orders until the standard input ends."""
    django.setup()
    program = importlib.import_module("tests.faults.harness.program")
    gc.collect()
    gc.freeze()  # a child that looks for cycles would copy every page
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _be(program.run, Order.of_line(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _be(run, order: Order) -> None:
    """Be the program: never returns."""
    status = FAILED
    try:
        os.setsid()
        signal.setitimer(signal.ITIMER_REAL, order.patience_seconds)  # SIGALRM kills
        output = os.open(order.output, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        for stream in (1, 2):
            os.dup2(output, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        run(order)
        status = 0
    finally:
        if status == FAILED:
            traceback.print_exc()
        os._exit(status)


if __name__ == "__main__":
    serve()
