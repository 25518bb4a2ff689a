#!/usr/bin/env python3
"""Runs the benchmarks: `python benchmarks/run.py --help`."""

import sys
from pathlib import Path

# The repository's root instead of this directory.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.harness.command import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
