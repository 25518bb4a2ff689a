"""The console's readers: nothing else of the console reads the system tables.

Every query is bounded (I7), names its columns and leaves payloads where they are,
unless it is a query for one payload, which reads its beginning only.
"""
