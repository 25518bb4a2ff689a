-- event_write
-- Publish a value and record the step that did, in one transaction.
-- Fields of StepRow; executor_id; key; value.
-- Returns (workflow_id) if accepted; the effect may be repeated, it is idempotent.
-- Index: primary keys.
-- Fence (I3): the step is recorded under the fence, the rest where it was.
-- Differs: SQLite writes to one table a statement.
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
-- then
INSERT INTO durable_engine_event (workflow_id, key, value, position, updated_at)
SELECT :workflow_id, :key, :value, :position, durable_now()
WHERE EXISTS (
    SELECT 1 FROM durable_engine_step WHERE workflow_id = :workflow_id
        AND position = :position AND epoch = :epoch AND completed_at IS NOT NULL
)
ON CONFLICT (workflow_id, key) DO UPDATE SET
    value = excluded.value, position = excluded.position,
    updated_at = excluded.updated_at
WHERE durable_engine_event.position <= excluded.position
-- then
INSERT INTO durable_engine_eventhistory (workflow_id, key, position, value, created_at)
SELECT :workflow_id, :key, :position, :value, durable_now()
WHERE EXISTS (
    SELECT 1 FROM durable_engine_step WHERE workflow_id = :workflow_id
        AND position = :position AND epoch = :epoch AND completed_at IS NOT NULL
)
ON CONFLICT DO NOTHING
-- then
SELECT :workflow_id WHERE EXISTS (
    SELECT 1 FROM durable_engine_step WHERE workflow_id = :workflow_id
        AND position = :position AND epoch = :epoch AND completed_at IS NOT NULL
)
