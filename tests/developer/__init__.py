"""What a developer lives with: reloading, and the first steps."""
