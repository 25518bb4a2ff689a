-- queue_keys
-- Read the partitions of a queue that have something to claim, and how full each is.
-- queue; after: the key to begin behind; most_keys; most: where counting ends;
-- app_version of who asks.
-- Returns (key, places taken, in line, has queued), by key; in line as in queue_usage.
-- Index: durable_wf_partition, durable_wf_placed, durable_wf_returning.
-- Differs: the clock is the vendor's own.
WITH RECURSIVE line AS MATERIALIZED (
    SELECT w.queue_partition_key AS key, count(*) AS number FROM (
        SELECT queue_partition_key, app_version
        FROM durable_engine_workflow INDEXED BY durable_wf_returning
        WHERE status = 'PENDING' AND executor_id IS NULL AND place > 0
            AND queue_name = :queue AND wake_at <= durable_now()
        LIMIT 10000
    ) AS w
    WHERE w.queue_partition_key IS NOT NULL AND (w.app_version = :app_version OR EXISTS (
        SELECT 1 FROM durable_engine_executor AS e
        WHERE e.app_version = w.app_version AND e.lease_expires_at > durable_now()
    ))
    GROUP BY w.queue_partition_key
), found (key, number) AS (
    SELECT (
        SELECT w.queue_partition_key FROM durable_engine_workflow AS w
        INDEXED BY durable_wf_partition
        WHERE w.status = 'ENQUEUED' AND w.queue_name = :queue
            AND w.queue_partition_key > :after
        ORDER BY w.queue_partition_key LIMIT 1
    ), 1
    UNION ALL
    SELECT (
        SELECT w.queue_partition_key FROM durable_engine_workflow AS w
        INDEXED BY durable_wf_partition
        WHERE w.status = 'ENQUEUED' AND w.queue_name = :queue
            AND w.queue_partition_key > found.key
        ORDER BY w.queue_partition_key LIMIT 1
    ), found.number + 1
    FROM found WHERE found.key IS NOT NULL AND found.number < :most_keys
)
SELECT
    k.key,
    (SELECT count(*) FROM (
        SELECT 1 FROM durable_engine_workflow AS w INDEXED BY durable_wf_placed
        WHERE w.status = 'PENDING' AND w.queue_name = :queue
            AND w.queue_partition_key = k.key
            AND (w.place = 1 OR (w.executor_id IS NOT NULL AND w.place = 2))
            AND (
                w.executor_id IS NOT NULL OR w.wake_at IS NULL
                OR w.wake_at > durable_now()
            )
        LIMIT :most
    )),
    COALESCE((SELECT line.number FROM line WHERE line.key = k.key), 0),
    EXISTS (SELECT 1 FROM found WHERE found.key = k.key)
FROM (
    SELECT key FROM found WHERE key IS NOT NULL UNION SELECT key FROM line
) AS k
ORDER BY k.key
