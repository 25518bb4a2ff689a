-- executors_dead_owners
-- Read the executors that own running workflows and have no lease, by name.
-- limit: most rows.
-- Returns (executor_id).
-- Index: durable_wf_owned, once for each owner and not for each workflow; primary key
-- of executors.
-- Differs: the clock is the vendor's own.
WITH RECURSIVE owners (executor_id) AS (
    SELECT min(w.executor_id) FROM durable_engine_workflow AS w
    WHERE w.status = 'PENDING' AND w.executor_id IS NOT NULL
    UNION ALL
    SELECT (
        SELECT min(w.executor_id) FROM durable_engine_workflow AS w
        WHERE w.status = 'PENDING' AND w.executor_id > o.executor_id
    )
    FROM owners AS o WHERE o.executor_id IS NOT NULL
)
SELECT o.executor_id FROM owners AS o
WHERE o.executor_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM durable_engine_executor AS e
    WHERE e.id = o.executor_id AND e.lease_expires_at > durable_now()
)
ORDER BY o.executor_id LIMIT :limit
