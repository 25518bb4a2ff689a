"""The words of `manage.py executor`, one a file."""
