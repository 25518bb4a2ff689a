"""Managing workflows: each call on both databases, alone and inside workflows."""
