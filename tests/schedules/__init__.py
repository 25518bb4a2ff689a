"""Schedules: which ticks there are, and that each starts one workflow."""
