-- finish
-- Record the last step of a workflow and its outcome: the short form of flush for
-- one workflow called directly.
-- Fields of StepRow; executor_id; status, result, failure: the outcome.
-- Returns (id) if both were accepted; else neither outcome was, and each is explained.
-- Index: primary keys.
-- `status || ''`: no partial index, empty when last analysed, may look cheaper.
-- Fence (I3): owner, epoch and PENDING are checked under a row lock in this statement;
-- the outcome waits for the step, whose lock it must not meet.
-- Differs: only PostgreSQL writes to several tables in one statement.
WITH own AS MATERIALIZED (
    SELECT 1 FROM durable_engine_workflow
    WHERE id = :workflow_id AND epoch = :epoch
        AND executor_id = :executor_id AND status || '' = 'PENDING'
    FOR UPDATE
), recorded AS (
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
    RETURNING 1
), done AS MATERIALIZED (
    SELECT count(*) AS steps FROM recorded
)
UPDATE durable_engine_workflow AS w SET
    status = :status, output = :result, error = :failure,
    wake_at = NULL, waiting_on = NULL,
    completed_at = clock_timestamp(), updated_at = clock_timestamp()
FROM done
WHERE w.id = :workflow_id AND done.steps = 1
RETURNING w.id
