"""Starts, enqueues and messages as part of the caller's transaction."""
