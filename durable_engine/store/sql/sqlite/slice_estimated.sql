-- slice_estimated
-- Estimate how many workflows were created in a slice of time, without reading them.
-- start, until: epoch seconds.
-- Returns (rows): by the numbers of the first row and of the first one after it.
-- Index: durable_wf_created.
-- Differs: PostgreSQL keeps a histogram of created_at, SQLite numbers its rows.
SELECT max(0, COALESCE(
    (
        SELECT w.rowid FROM durable_engine_workflow AS w INDEXED BY durable_wf_created
        WHERE w.created_at >= durable_instant(:until) ORDER BY w.created_at LIMIT 1
    ),
    (SELECT max(rowid) + 1 FROM durable_engine_workflow),
    0
) - COALESCE((
    SELECT w.rowid FROM durable_engine_workflow AS w INDEXED BY durable_wf_created
    WHERE w.created_at >= durable_instant(:start) ORDER BY w.created_at LIMIT 1
), 0))
