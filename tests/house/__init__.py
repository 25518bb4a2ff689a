"""Gates that keep the house in order."""
