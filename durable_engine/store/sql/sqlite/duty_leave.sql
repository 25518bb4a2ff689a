-- duty_leave
-- Give a duty up, for anybody to take at once.
-- name; executor_id.
-- Returns nothing.
-- Index: primary key.
-- Differs: the clock is the vendor's own.
UPDATE durable_engine_duty SET lease_expires_at = durable_now()
WHERE name = :name AND executor_id = :executor_id
