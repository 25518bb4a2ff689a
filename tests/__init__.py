"""The tests of `durable_engine` and `console`."""
