-- executors_neighbours
-- Read the processes of this host and pid namespace whose lease still holds.
-- host_key.
-- Returns (id, pid, process_key).
-- Index: none, the table is small.
-- Differs: the clock is the vendor's own.
SELECT id, pid, process_key FROM durable_engine_executor
WHERE host_key = :host_key AND lease_expires_at > durable_now()
