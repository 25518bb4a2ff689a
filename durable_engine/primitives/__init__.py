"""What an author of workflows writes: decorators, waits, messages, handles."""
