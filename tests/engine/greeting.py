"""A workflow of one step, for tests of what befalls whoever calls it."""

import durable_engine as durable


@durable.step()
def shout(word: str) -> str:
    """Do the work."""
    return word.upper()


@durable.workflow()
def greet(word: str) -> str:
    """Return the word in capitals."""
    return shout(word)
