-- executors_expire
-- End the leases of processes known to be dead.
-- ids: text array.
-- Returns (id) of the rows changed.
-- Index: primary key.
-- Differs: arrays and the clock are the vendor's own.
UPDATE durable_engine_executor SET lease_expires_at = clock_timestamp()
WHERE id = ANY(:ids::text[]) AND lease_expires_at > clock_timestamp()
RETURNING id
