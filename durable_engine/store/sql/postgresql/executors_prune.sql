-- executors_prune
-- Forget executors that died long ago and own nothing.
-- age_seconds.
-- Returns (id) of the rows deleted.
-- Index: durable_ex_lease, durable_wf_owned.
-- Differs: the clock is the vendor's own.
DELETE FROM durable_engine_executor
WHERE lease_expires_at < clock_timestamp() - :age_seconds::float8 * interval '1 second'
    AND NOT EXISTS (
        SELECT 1 FROM durable_engine_workflow AS w
        WHERE w.status = 'PENDING' AND w.executor_id = durable_engine_executor.id
    )
RETURNING id
