"""The words of `manage.py schedule`, one a file."""
