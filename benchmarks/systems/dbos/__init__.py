"""DBOS Transact, configured as its documentation recommends."""
