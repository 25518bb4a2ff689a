-- message_write
-- Send a message, from a workflow with its step or from anywhere without.
-- destination_id; topic; body; idempotency_key; sender_workflow_id; has_step and
-- the fields of StepRow; executor_id.
-- Returns (destination exists, accepted).
-- Index: primary keys, durable_msg_idempotency.
-- Fence (I3): the step is recorded under the fence; the message is sent if that
-- changed a row (`changes()` counts the statement before), so that a repeated
-- transaction sends no second one.
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
    AND :has_step AND EXISTS (
        SELECT 1 FROM durable_engine_workflow WHERE id = :destination_id
    )
ON CONFLICT (workflow_id, position) DO UPDATE SET
    epoch = excluded.epoch, name = excluded.name, started_at = excluded.started_at,
    output = excluded.output, error = excluded.error,
    child_workflow_id = excluded.child_workflow_id, attempts = excluded.attempts,
    completed_at = excluded.completed_at
WHERE durable_engine_step.completed_at IS NULL
-- then
INSERT INTO durable_engine_message (
    workflow_id, topic, body, idempotency_key, sender_workflow_id, created_at
)
SELECT d.id, :topic, :body, :idempotency_key, :sender_workflow_id, durable_now()
FROM durable_engine_workflow AS d
WHERE d.id = :destination_id AND (NOT :has_step OR changes() > 0)
ON CONFLICT DO NOTHING
-- then
SELECT
    EXISTS (SELECT 1 FROM durable_engine_workflow WHERE id = :destination_id),
    NOT :has_step OR EXISTS (
    SELECT 1 FROM durable_engine_step WHERE workflow_id = :workflow_id
        AND position = :position AND epoch = :epoch AND completed_at IS NOT NULL
)
