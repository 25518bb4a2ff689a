-- workflow_insert
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
    created_at, updated_at, started_at, deadline, timeout_seconds, delay_until
)
SELECT
    i.value ->> 'id', i.value ->> 'name', i.value ->> 'status',
    i.value ->> 'inputs', i.value ->> 'queue_name', i.value ->> 'priority',
    i.value ->> 'queue_partition_key', i.value ->> 'deduplication_id',
    i.value ->> 'app_version', i.value ->> 'executor_id', i.value ->> 'epoch',
    i.value ->> 'recovery_attempts', i.value ->> 'parent_workflow_id',
    i.value ->> 'parent_position', i.value ->> 'forked_from',
    i.value ->> 'random_seed', i.value ->> 'schedule_name',
    i.value ->> 'subject_type', i.value ->> 'subject_id',
    i.value ->> 'attributes', i.value ->> 'started_by',
    durable_instant(t.now + i.key * 0.000001),
    durable_instant(t.now),
    CASE WHEN i.value ->> 'status' = 'PENDING'
        THEN durable_instant(t.now + i.key * 0.000001) END,
    durable_instant(COALESCE(
        i.value ->> 'deadline',
        CASE WHEN i.value ->> 'status' = 'PENDING'
            THEN t.now + (i.value ->> 'timeout_seconds') END
    )),
    i.value ->> 'timeout_seconds',
    durable_instant(t.now + (i.value ->> 'delay_seconds'))
FROM json_each(:rows) AS i, (SELECT durable_epoch(durable_now()) AS now LIMIT 1) AS t
WHERE true
ON CONFLICT DO NOTHING
RETURNING id, durable_epoch(created_at)
