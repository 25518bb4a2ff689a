-- queues_read
-- Read the limits of every queue, and whether it has somebody due again.
-- Returns (name, declared, overridden, paused, has due), by name.
-- Index: primary key, durable_wf_returning.
-- Differs: the clock is the vendor's own.
SELECT q.name, q.declared, q.overridden, q.paused, EXISTS (
    SELECT 1 FROM durable_engine_workflow AS w
    WHERE w.status = 'PENDING' AND w.executor_id IS NULL AND w.place > 0
        AND w.queue_name = q.name AND w.wake_at <= (SELECT clock_timestamp())
)
FROM durable_engine_queue AS q ORDER BY q.name LIMIT 10000
