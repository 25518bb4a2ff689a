-- message_write
-- Send a message, from a workflow with its step or from anywhere without.
-- destination_id; topic; body; idempotency_key; sender_workflow_id; has_step and
-- the fields of StepRow; executor_id.
-- Returns (destination exists, accepted).
-- Index: primary keys, durable_msg_idempotency.
-- `status || ''`: no partial index, empty when last analysed, may look cheaper.
-- Fence (I3): owner, epoch and PENDING are checked under a row lock in this statement.
-- Differs: SQLite writes to one table a statement.
WITH own AS MATERIALIZED (
    SELECT 1 FROM durable_engine_workflow AS w
    WHERE w.id = :workflow_id AND w.epoch = :epoch
        AND w.executor_id = :executor_id AND w.status || '' = 'PENDING'
        AND NOT EXISTS (
            SELECT 1 FROM durable_engine_step AS s WHERE s.workflow_id = :workflow_id
                AND s.position = :position AND s.completed_at IS NOT NULL
        )
    FOR SHARE OF w
), destination AS MATERIALIZED (
    SELECT id FROM durable_engine_workflow WHERE id = :destination_id
), step AS (
INSERT INTO durable_engine_step (
    workflow_id, position, epoch, name, output, error, child_workflow_id, attempts,
    started_at, completed_at
)
SELECT
    :workflow_id, :position::int, :epoch::int, :name, :output::text, :error::text,
    :child_workflow_id::text, :attempts::int,
    to_timestamp(:started_at::float8), to_timestamp(:completed_at::float8)
FROM own, destination
ON CONFLICT (workflow_id, position) DO UPDATE SET
    epoch = excluded.epoch, name = excluded.name, started_at = excluded.started_at,
    output = excluded.output, error = excluded.error,
    child_workflow_id = excluded.child_workflow_id, attempts = excluded.attempts,
    completed_at = excluded.completed_at
WHERE durable_engine_step.completed_at IS NULL
RETURNING workflow_id
), allowed AS MATERIALIZED (
    SELECT 1 WHERE NOT :has_step::boolean OR EXISTS (SELECT 1 FROM step)
), sent AS (
    INSERT INTO durable_engine_message (
        workflow_id, topic, body, idempotency_key, sender_workflow_id, created_at
    )
    SELECT
        destination.id, :topic, :body, :idempotency_key::text,
        :sender_workflow_id::text, clock_timestamp()
    FROM destination, allowed
    ON CONFLICT DO NOTHING
)
SELECT
    EXISTS (SELECT 1 FROM destination),
    EXISTS (SELECT 1 FROM allowed)
