"""What axe-core finds on a page that a browser shows."""

from functools import cache
from importlib import resources
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tests.support.requirements import missing

if TYPE_CHECKING:
    from playwright.sync_api import Page

PACKAGE = "axe_playwright_python"


def barriers(page: "Page") -> list[str]:
    """Return what hinders people on the page, however little, and where it stands.

    Without axe-core the test is skipped, or fails in CI.
    """
    # Not a script tag, which the page's policy would refuse.
    page.evaluate(_source())
    found: dict[str, Any] = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']})"
    )
    return [
        f"{one['impact']} {one['id']} at {', '.join(node['target'])}: "
        f"{node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@cache
def _source() -> str:
    if find_spec(PACKAGE) is None:
        missing(f"No axe-core: install {PACKAGE}.")
    return resources.files(PACKAGE).joinpath("axe.min.js").read_text()
