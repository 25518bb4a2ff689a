"""The only place with SQL: statements, connections, and one module a subject."""
