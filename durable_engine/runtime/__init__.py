"""Running workflows: registry, journal, replay, steps, transactions, handles."""
