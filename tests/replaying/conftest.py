"""The testing kit's fixtures: histories are made, and changed, in one test."""

from tests.testing.conftest import durable_kit, kit_database

__all__ = ["durable_kit", "kit_database"]
