-- slices_counted
-- Count the workflows created in each of equal slices of time, one after another.
-- start: epoch seconds; seconds: of one slice; slices; most: where counting ends.
-- Returns (slice from 0, rows), in order.
-- Index: durable_wf_created.
-- Differs: SQLite has no LATERAL and no series.
WITH RECURSIVE s (slice) AS (
    SELECT 0 UNION ALL SELECT slice + 1 FROM s WHERE slice + 1 < :slices
)
SELECT s.slice, (
    SELECT count(*) FROM (
        SELECT 1 FROM durable_engine_workflow AS w INDEXED BY durable_wf_created
        WHERE w.created_at >= durable_instant(:start + s.slice * :seconds)
            AND w.created_at < durable_instant(:start + (s.slice + 1) * :seconds)
        LIMIT :most
    )
)
FROM s ORDER BY s.slice
