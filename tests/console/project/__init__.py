"""The tests of the bundled site."""
