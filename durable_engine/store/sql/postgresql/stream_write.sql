-- stream_write
-- Write to a stream and record the step that did, in one statement.
-- Fields of StepRow; executor_id; key; value or null; closes.
-- Returns (workflow_id) if accepted.
-- Index: primary keys.
-- Fence (I3): owner, epoch and PENDING are checked under a row lock in this statement.
-- Offsets have no gaps. The owner's journal writes one at a time; who writes in a
-- transaction of the user's may take the number first: that is waited for, and then a
-- conflict on the key.
-- Differs: SQLite writes to one table a statement.
WITH own AS MATERIALIZED (
    SELECT 1 FROM durable_engine_workflow AS w
    WHERE w.id = :workflow_id AND w.epoch = :epoch
        AND w.executor_id = :executor_id AND w.status = 'PENDING'
        AND NOT EXISTS (
            SELECT 1 FROM durable_engine_step AS s WHERE s.workflow_id = :workflow_id
                AND s.position = :position AND s.completed_at IS NOT NULL
        )
    FOR SHARE OF w
), step AS (
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
), entry AS (
    INSERT INTO durable_engine_streamentry (
        workflow_id, key, "offset", value, closes, position, created_at
    )
    SELECT
        step.workflow_id, :key::text,
        (
            SELECT COALESCE(max(e."offset") + 1, 0) FROM durable_engine_streamentry AS e
            WHERE e.workflow_id = :workflow_id AND e.key = :key
        ),
        :value::text, :closes::boolean, :position::int, clock_timestamp()
    FROM step
)
SELECT workflow_id FROM step
