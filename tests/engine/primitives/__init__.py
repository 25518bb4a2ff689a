"""The words an author of workflows writes."""
