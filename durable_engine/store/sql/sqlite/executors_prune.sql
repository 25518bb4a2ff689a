-- executors_prune
-- Forget executors that died long ago and own nothing.
-- age_seconds.
-- Returns (id) of the rows deleted.
-- Index: durable_ex_lease, durable_wf_owned.
-- Differs: the clock is the vendor's own.
DELETE FROM durable_engine_executor
WHERE lease_expires_at < durable_instant(durable_epoch(durable_now()) - :age_seconds)
    AND NOT EXISTS (
        SELECT 1 FROM durable_engine_workflow AS w
        WHERE w.status = 'PENDING' AND w.executor_id = durable_engine_executor.id
    )
RETURNING id
