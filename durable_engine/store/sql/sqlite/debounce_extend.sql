-- debounce_extend
-- Give a debounced workflow that still waits new inputs, and wait again.
-- name; queue_name; deduplication_id; inputs; delay_seconds: from now;
-- timeout_seconds: from its creation at most, or null.
-- Returns (id) if there is one.
-- Index: durable_wf_deduplication.
-- Differs: the clock is the vendor's own.
UPDATE durable_engine_workflow SET
    inputs = :inputs, updated_at = durable_now(),
    delay_until = durable_instant(min(
        durable_epoch(durable_now()) + :delay_seconds,
        COALESCE(
            durable_epoch(created_at) + :timeout_seconds,
            durable_epoch(durable_now()) + :delay_seconds
        )
    ))
WHERE queue_name = :queue_name AND deduplication_id = :deduplication_id
    AND name = :name AND status = 'DELAYED' AND delay_until > durable_now()
RETURNING id
