"""The built wheel, once for all tests of a run."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*module: str | Path) -> None:
    """Run a Python module to its end; fail the test with all that it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", *module], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, from a clean build."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # of all processes of this run
    directory = shared / "wheel"
    with (shared / "wheel.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            run("build", "--wheel", "--no-isolation", "--outdir", directory, ROOT)
    (found,) = directory.glob("*.whl")
    return found
