-- retention_delete
-- Delete rows of workflows that ended long ago, the oldest first. What belongs to
-- them is deleted by the next statements of the same transaction.
-- age_seconds: since their end; limit: most rows.
-- Returns (id) of the rows deleted.
-- Index: durable_wf_created (what was created later has not ended before), primary
-- key.
-- Guarantee: one that runs, waits or is queued is never deleted, nor a child whose
-- parent has not ended and may still ask for its result; nobody is waited for.
-- Differs: SQLite's writers take turns, so that it needs no row locks.
WITH bound AS MATERIALIZED (
    SELECT clock_timestamp() - :age_seconds::float8 * interval '1 second' AS instant
), old AS MATERIALIZED (
    SELECT w.id FROM durable_engine_workflow AS w
    WHERE w.created_at < (SELECT instant FROM bound)
        AND w.completed_at < (SELECT instant FROM bound)
        AND w.status IN ('SUCCESS', 'ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED')
        AND NOT EXISTS (
            SELECT 1 FROM durable_engine_workflow AS p
            WHERE p.id = w.parent_workflow_id
                AND p.status IN ('ENQUEUED', 'DELAYED', 'PENDING')
        )
    ORDER BY w.created_at, w.id LIMIT :limit
    FOR UPDATE OF w SKIP LOCKED
)
DELETE FROM durable_engine_workflow
WHERE id IN (SELECT id FROM old) AND status IN ('SUCCESS', 'ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED')
RETURNING id
