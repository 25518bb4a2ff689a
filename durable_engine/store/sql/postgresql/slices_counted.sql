-- slices_counted
-- Count the workflows created in each of equal slices of time, one after another.
-- start: epoch seconds; seconds: of one slice; slices; most: where counting ends.
-- Returns (slice from 0, rows), in order.
-- Index: durable_wf_created.
-- Differs: SQLite has no LATERAL and no series.
SELECT s.slice, counted.rows
FROM generate_series(0, :slices::int - 1) AS s (slice), LATERAL (
    SELECT count(*) AS rows FROM (
        SELECT 1 FROM durable_engine_workflow AS w
        WHERE w.created_at >= to_timestamp(
                :start::float8 + s.slice * :seconds::float8
            )
            AND w.created_at < to_timestamp(
                :start::float8 + (s.slice + 1) * :seconds::float8
            )
        ORDER BY w.created_at LIMIT :most
    ) AS bounded
) AS counted
ORDER BY s.slice
