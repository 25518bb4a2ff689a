"""One package for each measured system, each a program for its own environment.

Nothing here but the standard library is shared, because the systems live in
different virtual environments.
"""
