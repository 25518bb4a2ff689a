-- slices_sampled
-- Read the first workflows created in each of equal slices of time.
-- start: epoch seconds; seconds: of one slice; slices; most: rows of one slice.
-- Returns (slice from 0, name, status, seconds it ran or null, seconds it waited to
-- begin or null), by slice.
-- Index: durable_wf_created, primary key of rows.
-- Differs: SQLite has no LATERAL: the position of the last row of each slice is found
-- first, in the index alone.
WITH RECURSIVE s (slice, low, high) AS (
    SELECT 0, durable_instant(:start), durable_instant(:start + :seconds)
    UNION ALL
    SELECT slice + 1, high, durable_instant(:start + (slice + 2) * :seconds)
    FROM s WHERE slice + 1 < :slices
), bounded AS (
    SELECT slice, low, COALESCE((
        SELECT w.created_at FROM durable_engine_workflow AS w
            INDEXED BY durable_wf_created
        WHERE w.created_at >= s.low AND w.created_at < s.high
        ORDER BY w.created_at LIMIT 1 OFFSET :most
    ), high) AS high
    FROM s
)
SELECT b.slice, w.name, w.status,
    durable_epoch(w.completed_at) - durable_epoch(w.started_at),
    durable_epoch(w.started_at) - durable_epoch(w.created_at)
FROM bounded AS b
    CROSS JOIN durable_engine_workflow AS w INDEXED BY durable_wf_created
WHERE w.created_at >= b.low AND w.created_at < b.high
ORDER BY b.slice
