"""The words of `manage.py workflow`, one a file."""
