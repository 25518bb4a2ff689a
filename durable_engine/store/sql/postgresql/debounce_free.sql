-- debounce_free
-- Take the key from a debounced workflow whose wait is over: the next call with the
-- key begins a new one.
-- name; queue_name; deduplication_id.
-- Returns nothing.
-- Index: durable_wf_deduplication.
-- Differs: the clock is the vendor's own.
UPDATE durable_engine_workflow SET deduplication_id = NULL, updated_at = clock_timestamp()
WHERE queue_name = :queue_name AND deduplication_id = :deduplication_id
    AND name = :name AND status IN ('ENQUEUED', 'DELAYED', 'PENDING')
    AND (status <> 'DELAYED' OR delay_until <= clock_timestamp())
