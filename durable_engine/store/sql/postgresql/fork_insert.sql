-- fork_insert
-- Insert a new workflow with the name and inputs of another one. It is born in its
-- first epoch, so that its first claim is the second and reads what is copied.
-- id: the origin; new_id; queue_name: the internal queue; app_version; keep_seed:
-- whether its random numbers are those of the origin.
-- Returns (id) if the origin exists and the new id is free.
-- Index: primary key.
-- Differs: the clock is the vendor's own.
INSERT INTO durable_engine_workflow (
    id, name, status, inputs, queue_name, priority, app_version, epoch,
    recovery_attempts, forked_from, random_seed, subject_type, subject_id,
    attributes, started_by, created_at, updated_at
)
SELECT
    :new_id::text, w.name, 'ENQUEUED', w.inputs, :queue_name::text, 0, :app_version::text, 1,
    0, w.id, CASE WHEN :keep_seed::boolean THEN COALESCE(w.random_seed, w.id) END,
    w.subject_type, w.subject_id, w.attributes, w.started_by, clock_timestamp(), clock_timestamp()
FROM durable_engine_workflow AS w WHERE w.id = :id
ON CONFLICT DO NOTHING
RETURNING id
