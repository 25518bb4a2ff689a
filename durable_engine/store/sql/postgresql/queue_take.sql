-- queue_take
-- Take the workflows of a queue that were chosen by key.
-- ids: text array; executor_id; app_version; place: what they count as from now on.
-- Returns the fields of ClaimedWorkflow, in no order.
-- Index: primary key.
-- Guarantee: queue_heads holds their locks, in the same transaction.
-- Differs: arrays and the clock are the vendor's own.
WITH t AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), picked AS (
    SELECT unnest(:ids::text[]) AS id
)
UPDATE durable_engine_workflow AS w SET
    status = 'PENDING', executor_id = :executor_id, epoch = w.epoch + 1,
    recovery_attempts = w.recovery_attempts + (w.status = 'ENQUEUED')::int,
    app_version = :app_version, wake_at = NULL, waiting_on = NULL, place = :place::int,
    started_at = COALESCE(w.started_at, t.now), updated_at = t.now,
    deadline = COALESCE(w.deadline, t.now + w.timeout_seconds * interval '1 second')
FROM picked, t
WHERE w.id = picked.id AND (
    w.status || '' = 'ENQUEUED' OR (w.status || '' = 'PENDING' AND w.executor_id IS NULL)
)
RETURNING w.id, w.name, w.inputs, w.epoch, w.recovery_attempts,
    extract(epoch FROM w.created_at)::float8, w.queue_name,
    extract(epoch FROM w.deadline)::float8, w.random_seed, w.started_by, w.priority,
    w.trace_context
