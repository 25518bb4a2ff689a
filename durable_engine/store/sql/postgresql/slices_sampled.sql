-- slices_sampled
-- Read the first workflows created in each of equal slices of time.
-- start: epoch seconds; seconds: of one slice; slices; most: rows of one slice.
-- Returns (slice from 0, name, status, seconds it ran or null, seconds it waited to
-- begin or null), by slice.
-- Index: durable_wf_created.
-- Differs: SQLite has no LATERAL and no series.
SELECT s.slice, w.name, w.status,
    extract(epoch FROM w.completed_at - w.started_at)::float8,
    extract(epoch FROM w.started_at - w.created_at)::float8
FROM generate_series(0, :slices::int - 1) AS s (slice), LATERAL (
    SELECT name, status, created_at, started_at, completed_at
    FROM durable_engine_workflow AS w
    WHERE w.created_at >= to_timestamp(
            :start::float8 + s.slice * :seconds::float8
        )
        AND w.created_at < to_timestamp(
            :start::float8 + (s.slice + 1) * :seconds::float8
        )
    ORDER BY w.created_at LIMIT :most
) AS w
ORDER BY s.slice
