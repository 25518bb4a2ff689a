-- queue_heads
-- Read the first workflows of some partitions of a queue: what is due again before
-- what is queued, that by priority and age.
-- queue; keys: text array, due and queued: most rows of each key, in the order of
-- keys, JSON arrays; versions, names: text arrays of what this process can run;
-- limit: most rows without a key.
-- Workflows without a key are looked for among the first 200 of the queue.
-- Returns (id, is due, key or null, priority, created_at epoch seconds), in no order.
-- Index: durable_wf_returning, durable_wf_partition, durable_wf_claim.
-- Guarantee: with queue_lock held, the rows stay where they are until the commit.
-- Differs: SQLite has no LATERAL, and walks each key row by row.
WITH t AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), k AS MATERIALIZED (
    SELECT * FROM unnest(
        :keys::text[], ARRAY(SELECT json_array_elements_text(:due::json)::int),
        ARRAY(SELECT json_array_elements_text(:queued::json)::int)
    ) AS k (key, due, queued)
), waiting AS MATERIALIZED (
    SELECT w.id, w.queue_partition_key AS key, w.priority, w.created_at,
        row_number() OVER (
            PARTITION BY w.queue_partition_key ORDER BY w.wake_at, w.id
        ) AS number
    FROM durable_engine_workflow AS w
    WHERE w.status = 'PENDING' AND w.executor_id IS NULL AND w.place > 0
        AND w.queue_name = :queue AND w.wake_at <= (SELECT now FROM t)
        AND w.app_version = ANY(:versions::text[]) AND w.name = ANY(:names::text[])
), picked AS MATERIALIZED (
    SELECT w.id, true AS is_due, w.key, w.priority, w.created_at
    FROM waiting AS w LEFT JOIN k ON k.key = w.key
    WHERE w.number <= CASE WHEN w.key IS NULL THEN :limit ELSE k.due END
    UNION ALL
    SELECT e.id, false, k.key, e.priority, e.created_at
    FROM k, unnest(:versions::text[]) AS v (version), LATERAL (
        SELECT w.id, w.priority, w.created_at FROM durable_engine_workflow AS w
        WHERE w.status = 'ENQUEUED' AND w.queue_name = :queue
            AND w.queue_partition_key = k.key
            AND w.app_version = v.version AND w.name = ANY(:names::text[])
        ORDER BY w.priority, w.created_at LIMIT k.queued
    ) AS e
    UNION ALL
    SELECT e.id, false, NULL, e.priority, e.created_at
    FROM unnest(:versions::text[]) AS v (version), LATERAL (
        SELECT w.id, w.name, w.queue_partition_key AS key, w.priority, w.created_at
        FROM durable_engine_workflow AS w
        WHERE w.status = 'ENQUEUED' AND w.queue_name = :queue
            AND w.app_version = v.version
        ORDER BY w.priority, w.created_at LIMIT 200
    ) AS e
    WHERE e.key IS NULL AND e.name = ANY(:names::text[])
)
SELECT p.id, p.is_due, p.key, p.priority, extract(epoch FROM p.created_at)::float8
FROM picked AS p
JOIN LATERAL (
    SELECT 1 FROM durable_engine_workflow AS w WHERE w.id = p.id LIMIT 1
    FOR UPDATE SKIP LOCKED
) AS locked ON true
