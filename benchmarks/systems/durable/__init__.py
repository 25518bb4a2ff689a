"""This engine, in a small Django project, through its public doors only."""
