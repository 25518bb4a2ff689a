"""Versions of the application, patches, and what stays the same in a replay."""
