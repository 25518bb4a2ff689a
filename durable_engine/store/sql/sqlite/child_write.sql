-- child_write
-- Record the step of a parent that starts a child; the child itself is inserted by
-- workflow_insert in the same transaction, if this was accepted.
-- Fields of StepRow; executor_id.
-- Returns (workflow_id) if accepted.
-- Index: primary keys.
-- Fence (I3): owner, epoch and PENDING are checked in this statement.
-- Differs: nothing but how instants are converted.
INSERT INTO durable_engine_step (
    workflow_id, position, epoch, name, output, error, child_workflow_id, attempts,
    started_at, completed_at
)
SELECT
    :workflow_id, :position, :epoch, :name, :output, :error,
    :child_workflow_id, :attempts,
    durable_instant(:started_at), durable_instant(:completed_at)
FROM durable_engine_workflow AS w
WHERE w.id = :workflow_id AND w.epoch = :epoch AND w.status = 'PENDING' AND w.executor_id = :executor_id
    AND NOT EXISTS (
        SELECT 1 FROM durable_engine_step AS s WHERE s.workflow_id = :workflow_id
            AND s.position = :position AND s.completed_at IS NOT NULL
    )
ON CONFLICT (workflow_id, position) DO UPDATE SET
    epoch = excluded.epoch, name = excluded.name, started_at = excluded.started_at,
    output = excluded.output, error = excluded.error,
    child_workflow_id = excluded.child_workflow_id, attempts = excluded.attempts,
    completed_at = excluded.completed_at
WHERE durable_engine_step.completed_at IS NULL
RETURNING workflow_id
