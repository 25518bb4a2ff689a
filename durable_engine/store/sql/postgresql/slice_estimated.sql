-- slice_estimated
-- Estimate how many workflows were created in a slice of time, without reading any.
-- start, until: epoch seconds.
-- Returns (plan): the planner's, whose rows come from the table's statistics.
-- Index: none; nothing is executed.
-- Differs: PostgreSQL keeps a histogram of created_at, SQLite numbers its rows.
EXPLAIN (FORMAT JSON) SELECT 1 FROM durable_engine_workflow AS w
WHERE w.created_at >= to_timestamp(:start::float8)
    AND w.created_at < to_timestamp(:until::float8)
