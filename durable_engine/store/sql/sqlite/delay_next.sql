-- delay_next
-- Read how long the next delayed workflow has to wait.
-- Returns (seconds; 0 or less: it is due), or nothing.
-- Index: durable_wf_delayed.
-- Differs: the clock is the vendor's own.
SELECT durable_epoch(delay_until) - durable_epoch(durable_now())
FROM durable_engine_workflow INDEXED BY durable_wf_delayed
WHERE status = 'DELAYED' ORDER BY delay_until LIMIT 1
