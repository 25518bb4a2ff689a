-- queues_waiting
-- Tell which of some queues have anything that this process could claim.
-- queues, versions, names: text arrays.
-- Returns (queue).
-- Index: durable_wf_claim, durable_wf_returning.
-- Differs: arrays and the clock are the vendor's own.
SELECT q.queue FROM unnest(:queues::text[]) AS q (queue), LATERAL (
    SELECT 1 FROM unnest(:versions::text[]) AS v (version), LATERAL (
        SELECT 1 FROM durable_engine_workflow AS w
        WHERE w.status = 'ENQUEUED' AND w.queue_name = q.queue
            AND w.app_version = v.version AND w.name = ANY(:names::text[])
        ORDER BY w.priority, w.created_at LIMIT 1
    ) AS queued
    UNION ALL (
        SELECT 1 FROM durable_engine_workflow AS w
        WHERE w.status = 'PENDING' AND w.executor_id IS NULL AND w.place > 0
            AND w.queue_name = q.queue AND w.wake_at <= (SELECT clock_timestamp())
            AND w.app_version = ANY(:versions::text[])
            AND w.name = ANY(:names::text[])
        ORDER BY w.wake_at LIMIT 1
    )
    LIMIT 1
) AS found
