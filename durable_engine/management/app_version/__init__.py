"""The words of `manage.py app_version`, one a file."""
