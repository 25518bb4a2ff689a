"""The Python interpreters that the systems run in."""

import logging
import os
import subprocess
import sys
import venv
from pathlib import Path

logger = logging.getLogger(__name__)

BENCHMARKS = Path(__file__).resolve().parents[1]
DBOS_ENVIRONMENT = BENCHMARKS / ".venv-dbos"
DBOS_REQUIREMENT = "dbos>=3,<4"


def interpreter(system: str) -> Path:
    """Return the interpreter of a system; DBOS's environment is made when missing."""
    return _dbos_interpreter() if system == "dbos" else Path(sys.executable)


def version_of(python: Path, distribution: str) -> str:
    """Return the version of what an environment has installed."""
    code = (
        "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    )
    answer = subprocess.run(
        [python, "-c", code, distribution], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or "not installed"


def variables() -> dict[str, str]:
    """Return the environment variables of a system's program."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DBOS", "DURABLE", "DJANGO", "PG"))
    }
    return {**kept, "PYTHONPATH": str(BENCHMARKS.parent)}


def _dbos_interpreter() -> Path:
    python = DBOS_ENVIRONMENT / "bin" / "python"
    done = DBOS_ENVIRONMENT / "complete"
    if not done.exists():
        logger.info("making %s with %s", DBOS_ENVIRONMENT.name, DBOS_REQUIREMENT)
        venv.create(DBOS_ENVIRONMENT, clear=True, with_pip=True)
        install = f"-m pip install --quiet {DBOS_REQUIREMENT} psycopg[binary]"
        subprocess.run([python, *install.split()], check=True)
        done.touch()
    return python
