-- steps_insert
-- Record steps of owned workflows; a position that is already completed stays.
-- rows: JSON array of StepRow; executor_id: the owner.
-- Returns (workflow_id, position) of the rows accepted.
-- Index: primary keys (LATERAL … LIMIT 1 admits no other plan).
-- `status || ''`: no partial index, empty when last analysed, may look cheaper.
-- Fence (I3): owner, epoch and PENDING are checked under a row lock in this statement.
-- Differs: SQLite has no row locks and needs none, its writers take turns.
INSERT INTO durable_engine_step (
    workflow_id, position, epoch, name, output, error, child_workflow_id, attempts,
    started_at, completed_at
)
SELECT
    i.workflow_id, i.position, i.epoch, i.name, i.output, i.error,
    i.child_workflow_id, i.attempts,
    to_timestamp(i.started_at), to_timestamp(i.completed_at)
FROM json_to_recordset(:rows::json) AS i (
        workflow_id text, position int, epoch int, name text, output text, error text,
        child_workflow_id text, attempts int, started_at float8, completed_at float8
    ),
    LATERAL (
        SELECT 1 FROM durable_engine_workflow AS w
        WHERE w.id = i.workflow_id AND w.epoch = i.epoch
            AND w.executor_id = :executor_id AND w.status || '' = 'PENDING'
        LIMIT 1 FOR SHARE
    ) AS own
ON CONFLICT (workflow_id, position) DO UPDATE SET
    epoch = excluded.epoch, name = excluded.name, started_at = excluded.started_at,
    output = excluded.output, error = excluded.error,
    child_workflow_id = excluded.child_workflow_id, attempts = excluded.attempts,
    completed_at = excluded.completed_at
WHERE durable_engine_step.completed_at IS NULL
RETURNING workflow_id, position
