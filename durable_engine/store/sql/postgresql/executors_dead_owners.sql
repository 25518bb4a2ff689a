-- executors_dead_owners
-- Read the executors that own running workflows and have no lease, by name.
-- limit: most rows.
-- Returns (executor_id).
-- Index: durable_wf_owned, primary key of executors.
-- Differs: the clock is the vendor's own.
SELECT DISTINCT w.executor_id FROM durable_engine_workflow AS w
WHERE w.status = 'PENDING' AND w.executor_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM durable_engine_executor AS e
    WHERE e.id = w.executor_id AND e.lease_expires_at > (SELECT clock_timestamp())
)
ORDER BY w.executor_id LIMIT :limit
