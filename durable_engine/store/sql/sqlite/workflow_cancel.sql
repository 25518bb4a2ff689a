-- workflow_cancel
-- Cancel workflows that have not ended; raises the epoch, so that nothing of the
-- running execution is recorded from now on.
-- ids: JSON array.
-- Returns (id, name) of the rows changed.
-- Index: primary key.
-- Differs: arrays and the clock are the vendor's own.
UPDATE durable_engine_workflow SET
    status = 'CANCELLED', epoch = epoch + 1, executor_id = NULL,
    wake_at = NULL, waiting_on = NULL,
    completed_at = durable_now(), updated_at = durable_now()
WHERE id IN (SELECT value FROM json_each(:ids))
    AND status NOT IN ('SUCCESS', 'ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED')
RETURNING id, name
