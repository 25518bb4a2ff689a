-- workflows_expire
-- Cancel workflows whose deadline has passed, whoever runs them.
-- limit: most rows.
-- Returns (id, name) of the rows changed.
-- Index: durable_wf_deadline.
-- Differs: the clock is the vendor's own; SQLite needs no row locks.
UPDATE durable_engine_workflow SET
    status = 'CANCELLED', epoch = epoch + 1, executor_id = NULL,
    wake_at = NULL, waiting_on = NULL, completed_at = durable_now(), updated_at = durable_now()
WHERE id IN (
    SELECT id FROM durable_engine_workflow
    WHERE status IN ('ENQUEUED', 'DELAYED', 'PENDING') AND deadline IS NOT NULL
        AND deadline <= (SELECT durable_now())
    ORDER BY deadline LIMIT :limit
)
RETURNING id, name
