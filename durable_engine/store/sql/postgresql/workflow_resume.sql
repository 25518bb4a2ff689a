-- workflow_resume
-- Let workflows continue after their last completed step: cancelled, dead-lettered,
-- queued or delayed ones, and running ones that nobody alive owns, or would take up
-- when they are due (unloaded, of a version without a live worker). Attempts begin
-- anew, the queue is bypassed, the version becomes the current one.
-- ids: text array; queue_name: the internal queue; app_version.
-- Returns (id) of the rows changed.
-- Index: primary key.
-- Differs: arrays and the clock are the vendor's own.
UPDATE durable_engine_workflow SET
    status = 'ENQUEUED', epoch = epoch + 1, executor_id = NULL,
    queue_name = :queue_name, priority = 0, queue_partition_key = NULL, place = 0,
    deduplication_id = NULL, recovery_attempts = 0, app_version = :app_version,
    wake_at = NULL, waiting_on = NULL, delay_until = NULL, deadline = NULL,
    completed_at = NULL, updated_at = clock_timestamp()
WHERE id = ANY(:ids::text[]) AND (
    status IN ('CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED', 'ENQUEUED', 'DELAYED')
    OR (status = 'PENDING' AND NOT EXISTS (
            SELECT 1 FROM durable_engine_executor AS e
            WHERE e.lease_expires_at > (SELECT clock_timestamp()) AND (
                e.id = durable_engine_workflow.executor_id
                OR (durable_engine_workflow.executor_id IS NULL AND e.kind = 'worker'
                    AND e.app_version = durable_engine_workflow.app_version)
            )
        ))
)
RETURNING id
