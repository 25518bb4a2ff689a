#!/usr/bin/env python3
"""Runs this project's commands; the environment names its database."""

import os

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault(
        "DJANGO_SETTINGS_MODULE", "benchmarks.systems.durable.settings"
    )
    execute_from_command_line()
