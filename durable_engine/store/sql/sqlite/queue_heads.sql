-- queue_heads
-- Read the first workflows of some partitions of a queue: what is due again before
-- what is queued, that by priority and age.
-- queue; keys: JSON array, due and queued: most rows of each key, in the order of
-- keys, JSON arrays; versions, names: JSON arrays of what this process can run;
-- limit: most rows without a key.
-- Workflows without a key are looked for among the first 200 of the queue.
-- Returns (id, is due, key or null, priority, created_at epoch seconds), in no order.
-- Index: durable_wf_returning, durable_wf_partition, durable_wf_claim.
-- Guarantee: in queue_lock's transaction, the rows stay where they are.
-- Differs: there is no LATERAL: each key is walked row by row.
WITH RECURSIVE k AS MATERIALIZED (
    SELECT a.value AS key, d.value AS due, q.value AS queued
    FROM json_each(:keys) AS a
    JOIN json_each(:due) AS d ON d.key = a.key
    JOIN json_each(:queued) AS q ON q.key = a.key
), waiting AS MATERIALIZED (
    SELECT w.id, w.queue_partition_key AS key, w.priority, w.created_at,
        row_number() OVER (
            PARTITION BY w.queue_partition_key ORDER BY w.wake_at, w.id
        ) AS number
    FROM durable_engine_workflow AS w INDEXED BY durable_wf_returning
    WHERE w.status = 'PENDING' AND w.executor_id IS NULL AND w.place > 0
        AND w.queue_name = :queue AND w.wake_at <= durable_now()
        AND w.app_version IN (SELECT value FROM json_each(:versions))
        AND w.name IN (SELECT value FROM json_each(:names))
), walk (key, version, rest, id) AS (
    SELECT k.key, v.value, k.queued, (
        SELECT w.id FROM durable_engine_workflow AS w INDEXED BY durable_wf_partition
        WHERE w.status = 'ENQUEUED' AND w.queue_name = :queue
            AND w.queue_partition_key = k.key AND w.app_version = v.value
            AND w.name IN (SELECT value FROM json_each(:names))
        ORDER BY w.priority, w.created_at, w.rowid LIMIT 1
    )
    FROM k, json_each(:versions) AS v
    WHERE k.queued > 0
    UNION ALL
    SELECT walk.key, walk.version, walk.rest - 1, (
        SELECT w.id FROM durable_engine_workflow AS w INDEXED BY durable_wf_partition
        WHERE w.status = 'ENQUEUED' AND w.queue_name = :queue
            AND w.queue_partition_key = walk.key AND w.app_version = walk.version
            AND (w.priority, w.created_at, w.rowid)
                > (last.priority, last.created_at, last.rowid)
            AND w.name IN (SELECT value FROM json_each(:names))
        ORDER BY w.priority, w.created_at, w.rowid LIMIT 1
    )
    FROM walk JOIN durable_engine_workflow AS last ON last.id = walk.id
    WHERE walk.rest > 1
)
SELECT w.id, 1, w.key, w.priority, durable_epoch(w.created_at)
FROM waiting AS w LEFT JOIN k ON k.key = w.key
WHERE w.number <= CASE WHEN w.key IS NULL THEN :limit ELSE k.due END
UNION ALL
SELECT w.id, 0, walk.key, w.priority, durable_epoch(w.created_at)
FROM walk JOIN durable_engine_workflow AS w ON w.id = walk.id
UNION ALL
SELECT e.id, 0, NULL, e.priority, durable_epoch(e.created_at)
FROM (
    SELECT id, name, queue_partition_key, priority, created_at
    FROM durable_engine_workflow INDEXED BY durable_wf_claim
    WHERE status = 'ENQUEUED' AND queue_name = :queue
        AND app_version IN (SELECT value FROM json_each(:versions))
    ORDER BY priority, created_at LIMIT 200
) AS e
WHERE e.queue_partition_key IS NULL
    AND e.name IN (SELECT value FROM json_each(:names))
