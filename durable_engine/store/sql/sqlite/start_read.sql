-- start_read
-- Read what holds an id, or a queue's deduplication id, after a refused start.
-- id; queue_name; deduplication_id.
-- Returns (id, name, status, executor_id, epoch, created_at in epoch seconds); the row
-- with the id first.
-- Index: primary key, durable_wf_deduplication.
-- Differs: nothing but how instants are converted.
SELECT id, name, status, executor_id, epoch, durable_epoch(created_at)
FROM durable_engine_workflow
WHERE id = :id OR (
    queue_name = :queue_name AND deduplication_id = :deduplication_id
    AND status IN ('ENQUEUED', 'DELAYED', 'PENDING')
)
ORDER BY CASE WHEN id = :id THEN 0 ELSE 1 END LIMIT 1
