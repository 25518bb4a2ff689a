"""Queries in the bodies of workflows."""
