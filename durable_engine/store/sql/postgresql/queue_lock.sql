-- queue_lock
-- Take a queue's lock for a moment, and read its limits; count and claim follow in
-- the same transaction, each with a snapshot of its own (F27). Whoever finds the
-- lock taken looks at other queues first: nobody waits for a frozen process.
-- queue.
-- Returns (declared, overridden, paused), or nothing: locked, or unknown.
-- Index: primary key.
-- Differs: SQLite's transaction is the lock.
SELECT declared, overridden, paused FROM durable_engine_queue
WHERE name = :queue FOR UPDATE SKIP LOCKED
