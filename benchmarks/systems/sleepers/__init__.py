"""Many workflows that sleep, in one worker process."""
