"""The Chromium of this machine, for the tests that look at pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.requirements import missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

GIVEN_BROWSER = "DURABLE_TEST_CHROMIUM"
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def chromium_path() -> Path:
    """Return the program; without one the test is skipped, or fails in CI."""
    given = os.environ.get(GIVEN_BROWSER)
    found = filter(None, map(shutil.which, [given] if given else NAMES))
    path = next(found, None)
    if path is None:
        missing(f"No browser: install Chromium, or name one in {GIVEN_BROWSER}.")
    return Path(path)


@contextmanager
def running_chromium() -> Iterator["Browser"]:
    """Run a headless Chromium, without its sandbox where root forbids that."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (slow to import)

    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
