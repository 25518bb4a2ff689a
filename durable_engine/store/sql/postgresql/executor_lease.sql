-- executor_lease
-- Tell whether the lease of an executor holds; the row is locked until the commit.
-- id.
-- Returns (held), or nothing: there is no such executor.
-- Index: primary key.
-- Differs: the clock is the vendor's own; SQLite's writers take turns.
SELECT lease_expires_at > clock_timestamp() FROM durable_engine_executor
WHERE id = :id FOR UPDATE
