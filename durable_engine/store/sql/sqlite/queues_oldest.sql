-- queues_oldest
-- Find since when the oldest workflow of each queue has been waiting to begin.
-- most: combinations of queue, version and priority that are looked at.
-- Returns (queue, epoch seconds), in no order.
-- Index: durable_wf_claim, one row of each combination.
-- Differs: SQLite has no LATERAL: rows are found by their numbers.
WITH RECURSIVE heads (row, number) AS (
    SELECT (
        SELECT w.rowid FROM durable_engine_workflow AS w INDEXED BY durable_wf_claim
        WHERE w.status = 'ENQUEUED' AND w.queue_name >= ''
        ORDER BY w.queue_name, w.app_version, w.priority, w.created_at LIMIT 1
    ), 1
    UNION ALL
    SELECT (
        SELECT w.rowid FROM durable_engine_workflow AS w INDEXED BY durable_wf_claim
        WHERE w.status = 'ENQUEUED'
            AND (w.queue_name, w.app_version, w.priority)
                > (head.queue_name, head.app_version, head.priority)
        ORDER BY w.queue_name, w.app_version, w.priority, w.created_at LIMIT 1
    ), heads.number + 1
    FROM heads JOIN durable_engine_workflow AS head ON head.rowid = heads.row
    WHERE heads.number < :most
)
SELECT w.queue_name, min(durable_epoch(w.created_at))
FROM heads JOIN durable_engine_workflow AS w ON w.rowid = heads.row
GROUP BY w.queue_name
