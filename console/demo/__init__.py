"""The demo: example workflows, and a command that shows them at work."""
