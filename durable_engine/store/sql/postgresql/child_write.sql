-- child_write
-- Record the step of a parent that starts a child; the child itself is inserted by
-- workflow_insert in the same transaction, if this was accepted.
-- Fields of StepRow; executor_id.
-- Returns (workflow_id) if accepted.
-- Index: primary keys.
-- `status || ''`: no partial index, empty when last analysed, may look cheaper.
-- Fence (I3): owner, epoch and PENDING are checked under a row lock in this statement.
-- Differs: nothing but how instants are converted.
WITH own AS MATERIALIZED (
    SELECT 1 FROM durable_engine_workflow AS w
    WHERE w.id = :workflow_id AND w.epoch = :epoch
        AND w.executor_id = :executor_id AND w.status || '' = 'PENDING'
        AND NOT EXISTS (
            SELECT 1 FROM durable_engine_step AS s WHERE s.workflow_id = :workflow_id
                AND s.position = :position AND s.completed_at IS NOT NULL
        )
    FOR SHARE OF w
)
INSERT INTO durable_engine_step (
    workflow_id, position, epoch, name, output, error, child_workflow_id, attempts,
    started_at, completed_at
)
SELECT
    :workflow_id, :position::int, :epoch::int, :name, :output::text, :error::text,
    :child_workflow_id::text, :attempts::int,
    to_timestamp(:started_at::float8), to_timestamp(:completed_at::float8)
FROM own
ON CONFLICT (workflow_id, position) DO UPDATE SET
    epoch = excluded.epoch, name = excluded.name, started_at = excluded.started_at,
    output = excluded.output, error = excluded.error,
    child_workflow_id = excluded.child_workflow_id, attempts = excluded.attempts,
    completed_at = excluded.completed_at
WHERE durable_engine_step.completed_at IS NULL
RETURNING workflow_id
