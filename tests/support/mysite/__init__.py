"""The Django project that `tests.support.project` copies and runs."""
