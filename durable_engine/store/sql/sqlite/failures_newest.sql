-- failures_newest
-- Read the workflows that failed last: in error, or given up.
-- since, until: epoch seconds; the end lies in this half-open interval; most: rows.
-- Returns (id, name, epoch seconds when it ended), newest first.
-- Index: durable_wf_failed.
-- Differs: instants are the vendor's own.
SELECT w.id, w.name, durable_epoch(w.completed_at)
FROM durable_engine_workflow AS w INDEXED BY durable_wf_failed
WHERE w.status IN ('ERROR', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED')
    AND w.completed_at >= durable_instant(:since)
    AND w.completed_at < durable_instant(:until)
ORDER BY w.completed_at DESC, w.id DESC LIMIT :most
