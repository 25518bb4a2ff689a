"""The router of everything that has an address below a workflow's.

One for all modules that serve it: django-ninja joins the methods of a path within a
router only.
"""

from ninja import Router

workflow_router = Router()

READING = ["workflows"]
"""The tag of what reads and starts workflows in the description of the API."""

ACTING = ["acting on workflows"]
"""The tag of what changes workflows that exist."""
