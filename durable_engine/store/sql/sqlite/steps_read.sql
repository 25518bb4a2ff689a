-- steps_read
-- Read everything recorded of a workflow, for its replay.
-- workflow_id.
-- Returns (position, name, output, error, child_workflow_id, epoch, attempts,
-- started_at, completed_at in epoch seconds), by position.
-- Index: primary key.
-- Differs: instants are converted by the vendor's own function.
SELECT position, name, output, error, child_workflow_id, epoch, attempts,
    durable_epoch(started_at), durable_epoch(completed_at)
FROM durable_engine_step WHERE workflow_id = :workflow_id ORDER BY position
