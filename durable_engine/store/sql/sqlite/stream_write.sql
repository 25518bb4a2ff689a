-- stream_write
-- Write to a stream and record the step that did, in one transaction.
-- Fields of StepRow; executor_id; key; value or null; closes.
-- Returns (workflow_id) if accepted.
-- Index: primary keys.
-- Fence (I3): the step is recorded under the fence; the entry is written if that
-- changed a row (`changes()` counts the statement before), so that a repeated
-- transaction writes no second one.
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
INSERT INTO durable_engine_streamentry (
    workflow_id, key, "offset", value, closes, position, created_at
)
SELECT
    :workflow_id, :key,
    (
        SELECT COALESCE(max(e."offset") + 1, 0) FROM durable_engine_streamentry AS e
        WHERE e.workflow_id = :workflow_id AND e.key = :key
    ),
    :value, :closes, :position, durable_now()
WHERE changes() > 0
RETURNING workflow_id
