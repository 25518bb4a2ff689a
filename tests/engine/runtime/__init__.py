"""How workflows start, run, replay and end."""
