-- steps_read
-- Read everything recorded of some workflows, for their replay. A row that only says
-- that a step runs (it is open, of no finished attempt) records nothing.
-- ids: array; limit: most rows.
-- Returns (workflow_id, position, name, output, error, child_workflow_id, epoch,
-- attempts, started_at, completed_at in epoch seconds), by workflow and position.
-- Index: primary key.
-- Differs: arrays and the conversion of instants are the vendor's own.
SELECT workflow_id, position, name, output, error, child_workflow_id, epoch, attempts,
    durable_epoch(started_at), durable_epoch(completed_at)
FROM durable_engine_step
WHERE workflow_id IN (SELECT value FROM json_each(:ids))
    AND (completed_at IS NOT NULL OR attempts > 0)
ORDER BY workflow_id, position LIMIT :limit
