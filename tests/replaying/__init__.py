"""The replay check."""
