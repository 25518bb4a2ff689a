"""System checks, and the static check of workflows."""
