"""Queues: limits, order, delays and their operators, with real workers."""
