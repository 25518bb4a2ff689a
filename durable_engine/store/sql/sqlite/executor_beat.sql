-- executor_beat
-- Renew a lease that has not ended; one that has is never revived (I3).
-- id; lease_seconds; draining; kind: it may have become a worker; threads,
-- threads_busy, coroutines, coroutines_busy: places; queues: JSON, or null.
-- Returns (epoch seconds of the database), or nothing: the lease is lost.
-- Index: primary key.
-- Differs: the clock is the vendor's own.
UPDATE durable_engine_executor SET
    heartbeat_at = durable_now(), lease_expires_at = durable_instant(durable_epoch(durable_now()) + :lease_seconds), draining = :draining,
    kind = :kind, threads = :threads, threads_busy = :threads_busy,
    coroutines = :coroutines, coroutines_busy = :coroutines_busy,
    queues = :queues
WHERE id = :id AND lease_expires_at > durable_now()
RETURNING durable_epoch(heartbeat_at)
