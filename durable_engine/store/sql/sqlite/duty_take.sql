-- duty_take
-- Take a duty that nobody has, whose holder is silent, or that is the caller's already.
-- name; executor_id; lease_seconds: how long it is the caller's.
-- Returns (epoch seconds now, epoch seconds until which it is done), or nothing: it is
-- another's.
-- Index: primary key.
-- Guarantee: the row is locked and checked again, so that one process has it (I4).
-- Differs: the clock is the vendor's own.
INSERT INTO durable_engine_duty (name, executor_id, lease_expires_at)
VALUES (:name, :executor_id, durable_instant(durable_epoch(durable_now()) + :lease_seconds))
ON CONFLICT (name) DO UPDATE SET
    executor_id = excluded.executor_id, lease_expires_at = excluded.lease_expires_at
WHERE durable_engine_duty.executor_id = excluded.executor_id
    OR durable_engine_duty.lease_expires_at <= durable_now()
RETURNING durable_epoch(durable_now()), durable_epoch(done_until)
