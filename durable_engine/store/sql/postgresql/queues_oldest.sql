-- queues_oldest
-- Find since when the oldest workflow of each queue has been waiting to begin.
-- most: combinations of queue, version and priority that are looked at.
-- Returns (queue, epoch seconds), in no order.
-- Index: durable_wf_claim, one row of each combination.
-- Differs: SQLite has no LATERAL.
WITH RECURSIVE heads AS (
    (
        SELECT queue_name, app_version, priority, created_at, 1 AS number
        FROM durable_engine_workflow
        WHERE status = 'ENQUEUED' AND queue_name >= ''
        ORDER BY queue_name, app_version, priority, created_at LIMIT 1
    )
    UNION ALL
    SELECT w.queue_name, w.app_version, w.priority, w.created_at, heads.number + 1
    FROM heads, LATERAL (
        SELECT queue_name, app_version, priority, created_at
        FROM durable_engine_workflow
        WHERE status = 'ENQUEUED'
            AND (queue_name, app_version, priority)
                > (heads.queue_name, heads.app_version, heads.priority)
        ORDER BY queue_name, app_version, priority, created_at LIMIT 1
    ) AS w
    WHERE heads.number < :most::int
)
SELECT queue_name, extract(epoch FROM min(created_at))::float8
FROM heads GROUP BY queue_name
