"""Streams: written by one workflow, read by anybody, on both databases."""
