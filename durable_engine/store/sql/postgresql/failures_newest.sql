-- failures_newest
-- Read the workflows that failed last: in error, or given up.
-- since, until: epoch seconds; the end lies in this half-open interval; most: rows.
-- Returns (id, name, epoch seconds when it ended), newest first.
-- Index: durable_wf_failed.
-- Differs: instants are the vendor's own.
SELECT w.id, w.name, extract(epoch FROM w.completed_at)::float8
FROM durable_engine_workflow AS w
WHERE w.status IN ('ERROR', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED')
    AND w.completed_at >= to_timestamp(:since::float8)
    AND w.completed_at < to_timestamp(:until::float8)
ORDER BY w.completed_at DESC, w.id DESC LIMIT :most
