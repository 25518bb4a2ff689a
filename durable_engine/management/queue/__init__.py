"""The words of `manage.py queue`, one a file."""
