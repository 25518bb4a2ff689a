-- workflow_insert
-- Insert a workflow whose id (and deduplication id) is free.
-- Parameters: the fields of NewWorkflow; place: its place in its batch, which keeps
-- its order by one microsecond of created_at a row.
-- Returns (id, created_at in epoch seconds) if inserted.
-- Index: primary key, durable_wf_deduplication (conflicts).
-- Differs: one row a call; taking JSON apart costs more than the insert.
INSERT INTO durable_engine_workflow (
    id, name, status, inputs, queue_name, priority, queue_partition_key,
    deduplication_id, app_version, executor_id, epoch, recovery_attempts,
    parent_workflow_id, parent_position, forked_from, random_seed,
    schedule_name, subject_type, subject_id, attributes, started_by,
    trace_context, created_at, updated_at, started_at, deadline, timeout_seconds, delay_until
)
SELECT
    :id, :name, :status, :inputs, :queue_name, :priority, :queue_partition_key,
    :deduplication_id, :app_version, :executor_id, :epoch, :recovery_attempts,
    :parent_workflow_id, :parent_position, :forked_from, :random_seed,
    :schedule_name, :subject_type, :subject_id, :attributes, :started_by,
    :trace_context,
    :now, :now, CASE WHEN :status = 'PENDING' THEN :now END,
    CASE
        WHEN :deadline IS NOT NULL THEN durable_instant(:deadline)
        WHEN :timeout_seconds IS NOT NULL AND :status = 'PENDING'
            THEN durable_instant(:now_epoch + :timeout_seconds)
    END,
    :timeout_seconds,
    CASE
        WHEN :delay_seconds IS NOT NULL
            THEN durable_instant(:now_epoch + :delay_seconds)
    END
WHERE true
ON CONFLICT DO NOTHING
RETURNING id, :now_epoch
