-- step_insert
-- Record one step of an owned workflow: the short form of steps_insert.
-- Parameters: the fields of StepRow (instants in epoch seconds), executor_id.
-- Returns (workflow_id, position) if accepted.
-- Index: primary keys.
-- `status || ''`: no partial index, empty when last analysed, may look cheaper.
-- Fence (I3): owner, epoch and PENDING are checked under a row lock in this statement.
-- Differs: SQLite has no row locks and needs none, its writers take turns.
WITH own AS (
    SELECT 1 FROM durable_engine_workflow
    WHERE id = :workflow_id AND epoch = :epoch
        AND executor_id = :executor_id AND status || '' = 'PENDING'
    FOR SHARE
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
RETURNING workflow_id, position
