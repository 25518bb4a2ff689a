"""Measures this engine beside DBOS Transact and hand-written SQL; see README.md."""
