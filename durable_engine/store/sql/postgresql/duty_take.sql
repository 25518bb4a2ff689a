-- duty_take
-- Take a duty that nobody has, whose holder is silent, or that is the caller's already.
-- name; executor_id; lease_seconds: how long it is the caller's.
-- Returns (epoch seconds now, epoch seconds until which it is done), or nothing: it is
-- another's.
-- Index: primary key.
-- Guarantee: the row is locked and checked again, so that one process has it (I4).
-- Differs: the clock is the vendor's own.
INSERT INTO durable_engine_duty AS d (name, executor_id, lease_expires_at)
VALUES (:name, :executor_id, clock_timestamp() + :lease_seconds::float8 * interval '1 second')
ON CONFLICT (name) DO UPDATE SET
    executor_id = excluded.executor_id, lease_expires_at = excluded.lease_expires_at
WHERE d.executor_id = excluded.executor_id
    OR d.lease_expires_at <= clock_timestamp()
RETURNING extract(epoch FROM clock_timestamp())::float8, extract(epoch FROM done_until)::float8
