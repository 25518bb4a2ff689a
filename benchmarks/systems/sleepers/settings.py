"""Settings of the project that is measured: the engine and who sleeps in it."""

import os

from console.project.environment import database_from_url

SECRET_KEY = "benchmark"  # noqa: S105 - protects nothing
USE_TZ = True
INSTALLED_APPS = ["durable_engine", "benchmarks.systems.sleepers"]
DATABASES = {"default": database_from_url(os.environ["BENCHMARK_DATABASE_URL"])}
DURABLE_ENGINE = {"DATABASE": "default"}
