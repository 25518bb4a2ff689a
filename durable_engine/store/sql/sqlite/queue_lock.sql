-- queue_lock
-- Read a queue's limits; count and claim follow in the same immediate transaction.
-- queue.
-- Returns (declared, overridden, paused), or nothing: unknown.
-- Index: primary key.
-- Differs: the immediate transaction is the lock.
SELECT declared, overridden, paused FROM durable_engine_queue WHERE name = :queue
