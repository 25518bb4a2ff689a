"""`docs/names.md` has every public name, with its arguments and what it does.

The rows are made of the signatures and docstrings; the page orders them. A failure
shows the rows as they should be.
"""

import inspect
import re
from pathlib import Path

import durable_engine as durable

MOST_CHARACTERS = 200  # a filter has more, which its own page lists
PAGE = Path(__file__).parents[2] / "docs" / "names.md"


def test_page_has_every_public_name_as_the_code_says_it() -> None:
    page = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    rows = [_row(name) for name in durable.__all__ if not _is_twin(name)]
    assert sorted(page) == sorted(rows)


def _is_twin(name: str) -> bool:
    return name.endswith("_async") and name.removesuffix("_async") in durable.__all__


def _row(name: str) -> str:
    thing = getattr(durable, name)
    twin = f", `{name}_async`" if f"{name}_async" in durable.__all__ else ""
    return f"| `{name}{_arguments(thing)}`{twin} | {_first_sentence(thing)} |"


def _arguments(thing: object) -> str:
    if not inspect.isroutine(thing):
        return ""
    given = inspect.signature(thing).parameters.values()
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in given]
    text = re.sub(r"<[^<>]*>", "…", str(inspect.Signature(bare)))
    return text if len(text) <= MOST_CHARACTERS else "(…)"


def _first_sentence(thing: object) -> str:
    text = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    return text.replace("``", "`").replace("|", r"\|")
