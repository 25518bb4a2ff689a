"""The tests of the console."""
