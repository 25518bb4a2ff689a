-- versions_alive
-- Read the application versions that a live worker runs.
-- Returns (app_version).
-- Index: durable_ex_lease.
-- Differs: the clock is the vendor's own.
SELECT DISTINCT app_version FROM durable_engine_executor
WHERE kind = 'worker' AND lease_expires_at > (SELECT clock_timestamp())
