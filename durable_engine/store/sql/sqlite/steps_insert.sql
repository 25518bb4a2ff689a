-- steps_insert
-- Record steps of owned workflows; a position that is already completed stays.
-- steps: JSON array of StepRow; executor_id: the owner.
-- Returns (workflow_id, position) of the rows accepted.
-- Index: primary keys.
-- Fence (I3): owner, epoch and PENDING are checked in this statement.
INSERT INTO durable_engine_step (
    workflow_id, position, epoch, name, output, error, child_workflow_id, attempts,
    started_at, completed_at
)
SELECT
    i.value ->> 'workflow_id', i.value ->> 'position', i.value ->> 'epoch',
    i.value ->> 'name', i.value ->> 'output', i.value ->> 'error',
    i.value ->> 'child_workflow_id', i.value ->> 'attempts',
    durable_instant(i.value ->> 'started_at'),
    durable_instant(i.value ->> 'completed_at')
FROM json_each(:steps) AS i
CROSS JOIN durable_engine_workflow AS w
WHERE w.id = i.value ->> 'workflow_id' AND w.epoch = i.value ->> 'epoch'
    AND +w.status = 'PENDING' AND +w.executor_id = :executor_id
ON CONFLICT (workflow_id, position) DO UPDATE SET
    epoch = excluded.epoch, name = excluded.name, started_at = excluded.started_at,
    output = excluded.output, error = excluded.error,
    child_workflow_id = excluded.child_workflow_id, attempts = excluded.attempts,
    completed_at = excluded.completed_at
WHERE durable_engine_step.completed_at IS NULL
RETURNING workflow_id, position
