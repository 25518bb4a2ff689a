-- delay_next
-- Read how long the next delayed workflow has to wait.
-- Returns (seconds; 0 or less: it is due), or nothing.
-- Index: durable_wf_delayed.
-- Differs: the clock is the vendor's own.
SELECT extract(epoch FROM delay_until - clock_timestamp())::float8
FROM durable_engine_workflow
WHERE status = 'DELAYED' ORDER BY delay_until LIMIT 1
