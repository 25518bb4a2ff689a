"""What the core of the engine promises, through its public doors."""
