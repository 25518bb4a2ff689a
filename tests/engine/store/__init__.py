"""Tests of `durable_engine.store`."""
