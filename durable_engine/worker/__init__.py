"""A worker: claims workflows and runs them until it is stopped."""
