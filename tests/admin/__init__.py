"""The engine in Django's admin."""
