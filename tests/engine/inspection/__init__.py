"""Lists, statuses, steps and executors."""
