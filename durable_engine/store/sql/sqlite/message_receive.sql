-- message_receive
-- Take the oldest unread message of a topic and record it as the step's output, in
-- one transaction (I8).
-- Fields of StepRow; executor_id; topic.
-- Returns (owned, body or null, recorded).
-- Index: durable_msg_unread, primary keys.
-- Fence (I3): the message is taken only by the owner, and only for a position that
-- is not completed: a repeated commit must not take the next message.
-- Differs: SQLite writes to one table a statement.
INSERT INTO durable_engine_step (
    workflow_id, position, epoch, name, output, error, child_workflow_id, attempts,
    started_at, completed_at
)
SELECT
    :workflow_id, :position, :epoch, :name, m.body, :error,
    :child_workflow_id, :attempts,
    durable_instant(:started_at), durable_instant(:completed_at)
FROM durable_engine_workflow AS w, (
    SELECT id, body FROM durable_engine_message
    WHERE workflow_id = :workflow_id AND topic = :topic AND consumed_position IS NULL
    ORDER BY id LIMIT 1
) AS m
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
UPDATE durable_engine_message SET consumed_position = :position
WHERE changes() = 1 AND id = (
    SELECT id FROM durable_engine_message
    WHERE workflow_id = :workflow_id AND topic = :topic AND consumed_position IS NULL
    ORDER BY id LIMIT 1
)
-- then
SELECT
    EXISTS (
        SELECT 1 FROM durable_engine_workflow AS w
        WHERE w.id = :workflow_id AND w.epoch = :epoch AND w.status = 'PENDING' AND w.executor_id = :executor_id
    ),
    (
        SELECT output FROM durable_engine_step WHERE workflow_id = :workflow_id
            AND position = :position AND epoch = :epoch AND completed_at IS NOT NULL
    ),
    EXISTS (
    SELECT 1 FROM durable_engine_step WHERE workflow_id = :workflow_id
        AND position = :position AND epoch = :epoch AND completed_at IS NOT NULL
)
