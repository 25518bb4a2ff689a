"""The console's commands for operators, made of `durable_engine.management.shell`."""
