-- flush
-- Everything common that a journal batch holds, in one statement and one commit:
-- new workflows, then steps, then outcomes.
-- rows, steps, outcomes: as in workflow_insert, steps_insert, outcomes_update.
-- Returns one row: JSON array of [id, created_at epoch seconds] inserted, number of
-- steps accepted, number of outcomes accepted.
-- Index: primary keys.
-- `status || ''`: no partial index, empty when last analysed, may look cheaper.
-- Fence (I3): as in its parts. The outcomes wait for the steps: a step whose
-- workflow was ended by this same statement would find its row locked by itself.
-- Differs: only PostgreSQL writes to several tables in one statement.
WITH born AS (
INSERT INTO durable_engine_workflow (
    id, name, status, inputs, queue_name, priority, queue_partition_key,
    deduplication_id, app_version, executor_id, epoch, recovery_attempts,
    parent_workflow_id, parent_position, forked_from, random_seed,
    schedule_name, subject_type, subject_id, attributes, started_by,
    trace_context, created_at, updated_at, started_at, deadline, timeout_seconds, delay_until
)
SELECT
    i.id, i.name, i.status, i.inputs, i.queue_name, i.priority,
    i.queue_partition_key, i.deduplication_id, i.app_version, i.executor_id,
    i.epoch, i.recovery_attempts, i.parent_workflow_id, i.parent_position,
    i.forked_from, i.random_seed, i.schedule_name, i.subject_type,
    i.subject_id, i.attributes::jsonb, i.started_by, i.trace_context,
    t.now + (i.ordinality - 1) * interval '1 microsecond',
    t.now,
    CASE
        WHEN i.status = 'PENDING'
            THEN t.now + (i.ordinality - 1) * interval '1 microsecond'
    END,
    COALESCE(
        to_timestamp(i.deadline),
        CASE WHEN i.status = 'PENDING' THEN t.now + i.timeout_seconds * interval '1 second' END
    ),
    i.timeout_seconds,
    t.now + i.delay_seconds * interval '1 second'
FROM ROWS FROM (json_to_recordset(:rows::json) AS (
        id text, name text, status text, inputs text, queue_name text, priority int,
        queue_partition_key text, deduplication_id text, app_version text,
        executor_id text, epoch int, recovery_attempts int, parent_workflow_id text,
        parent_position int, forked_from text, random_seed text, schedule_name text,
        subject_type text, subject_id text, attributes text, started_by text,
        trace_context text,
        deadline float8, timeout_seconds float8, delay_seconds float8
    )) WITH ORDINALITY AS i,
    (SELECT clock_timestamp() AS now OFFSET 0) AS t
ON CONFLICT DO NOTHING
RETURNING id, extract(epoch FROM created_at)::float8 AS created_at
), recorded AS (
INSERT INTO durable_engine_step (
    workflow_id, position, epoch, name, output, error, child_workflow_id, attempts,
    started_at, completed_at
)
SELECT
    i.workflow_id, i.position, i.epoch, i.name, i.output, i.error,
    i.child_workflow_id, i.attempts,
    to_timestamp(i.started_at), to_timestamp(i.completed_at)
FROM json_to_recordset(:steps::json) AS i (
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
RETURNING 1
), done AS MATERIALIZED (
SELECT count(*) AS steps FROM recorded
), ended AS (
UPDATE durable_engine_workflow AS w SET
    status = i.status, output = i.output, error = i.error,
    wake_at = NULL, waiting_on = NULL,
    completed_at = clock_timestamp(), updated_at = clock_timestamp()
FROM json_to_recordset(:outcomes::json) AS i (
        workflow_id text, epoch int, status text, output text, error text
    ), done
WHERE w.id = i.workflow_id AND w.epoch = i.epoch
    AND w.executor_id = :executor_id AND w.status || '' = 'PENDING'
RETURNING w.id
)
SELECT
    (SELECT json_agg(json_build_array(id, created_at)) FROM born),
    (SELECT steps FROM done),
    (SELECT count(*) FROM ended)
