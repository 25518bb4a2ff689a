-- workflows_insert
-- Insert workflows whose id (and deduplication id) is free, in the order given.
-- rows: JSON array of NewWorkflow; a batch keeps its order by one microsecond of
-- created_at a row.
-- Returns (id, created_at in epoch seconds) of the rows inserted.
-- Index: primary key, durable_wf_deduplication (conflicts).
-- Differs: JSON functions and intervals are vendor's own.
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
RETURNING id, extract(epoch FROM created_at)::float8
