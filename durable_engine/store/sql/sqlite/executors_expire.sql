-- executors_expire
-- End the leases of processes known to be dead.
-- ids: JSON array.
-- Returns (id) of the rows changed.
-- Index: primary key.
-- Differs: arrays and the clock are the vendor's own.
UPDATE durable_engine_executor SET lease_expires_at = durable_now()
WHERE id IN (SELECT value FROM json_each(:ids)) AND lease_expires_at > durable_now()
RETURNING id
