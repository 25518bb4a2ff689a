"""The fixtures of the engine's tests serve here too."""

from tests.engine.conftest import engine_database, worker

__all__ = ["engine_database", "worker"]
