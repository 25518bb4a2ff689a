"""The words of `manage.py token`, one a file."""
