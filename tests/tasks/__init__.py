"""The engine as a backend of Django's tasks."""
