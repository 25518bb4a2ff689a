"""The engine's own queues: limits on against off."""
