-- message_receive
-- Take the oldest unread message of a topic and record it as the step's output, in
-- one statement (I8).
-- Fields of StepRow; executor_id; topic.
-- Returns (owned, body or null, recorded).
-- Index: durable_msg_unread, primary keys.
-- `status || ''`: no partial index, empty when last analysed, may look cheaper.
-- Fence (I3): the message is taken only by the owner, and only for a position that
-- is not completed: a repeated commit must not take the next message.
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
), oldest AS MATERIALIZED (
    SELECT m.id FROM durable_engine_message AS m, own
    WHERE m.workflow_id = :workflow_id AND m.topic = :topic
        AND m.consumed_position IS NULL
    ORDER BY m.id LIMIT 1 FOR UPDATE OF m
), taken AS (
    UPDATE durable_engine_message AS m SET consumed_position = :position
    FROM oldest WHERE m.id = oldest.id AND m.consumed_position IS NULL
    RETURNING m.body
), step AS (
INSERT INTO durable_engine_step (
    workflow_id, position, epoch, name, output, error, child_workflow_id, attempts,
    started_at, completed_at
)
SELECT
    :workflow_id, :position::int, :epoch::int, :name, taken.body, :error::text,
    :child_workflow_id::text, :attempts::int,
    to_timestamp(:started_at::float8), to_timestamp(:completed_at::float8)
FROM taken
ON CONFLICT (workflow_id, position) DO UPDATE SET
    epoch = excluded.epoch, name = excluded.name, started_at = excluded.started_at,
    output = excluded.output, error = excluded.error,
    child_workflow_id = excluded.child_workflow_id, attempts = excluded.attempts,
    completed_at = excluded.completed_at
WHERE durable_engine_step.completed_at IS NULL
RETURNING workflow_id
)
SELECT
    EXISTS (SELECT 1 FROM own),
    (SELECT body FROM taken),
    EXISTS (SELECT 1 FROM step)
