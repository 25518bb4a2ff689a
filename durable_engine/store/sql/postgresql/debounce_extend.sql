-- debounce_extend
-- Give a debounced workflow that still waits new inputs, and wait again.
-- name; queue_name; deduplication_id; inputs; delay_seconds: from now;
-- timeout_seconds: from its creation at most, or null.
-- Returns (id) if there is one.
-- Index: durable_wf_deduplication.
-- Differs: the clock is the vendor's own.
UPDATE durable_engine_workflow SET
    inputs = :inputs, updated_at = clock_timestamp(),
    delay_until = LEAST(
        clock_timestamp() + :delay_seconds::float8 * interval '1 second',
        created_at + :timeout_seconds::float8 * interval '1 second'
    )
WHERE queue_name = :queue_name AND deduplication_id = :deduplication_id
    AND name = :name AND status = 'DELAYED' AND delay_until > clock_timestamp()
RETURNING id
