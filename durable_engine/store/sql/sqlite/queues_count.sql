-- queues_count
-- Count what is in the queues; counting ends at `most` rows a queue and status, and
-- for delayed and running ones at `most` rows in all.
-- most.
-- Returns (queue, status, rows).
-- Index: durable_wf_claim, durable_wf_delayed, durable_wf_owned, durable_wf_due,
-- durable_wf_returning.
-- Differs: SQLite has no LATERAL.
WITH RECURSIVE filled (queue, number) AS (
    SELECT (
        SELECT w.queue_name FROM durable_engine_workflow AS w INDEXED BY durable_wf_claim
        WHERE w.status = 'ENQUEUED' ORDER BY w.queue_name LIMIT 1
    ), 1
    UNION ALL
    SELECT (
        SELECT w.queue_name FROM durable_engine_workflow AS w INDEXED BY durable_wf_claim
        WHERE w.status = 'ENQUEUED' AND w.queue_name > filled.queue
        ORDER BY w.queue_name LIMIT 1
    ), filled.number + 1
    FROM filled WHERE filled.queue IS NOT NULL AND filled.number < 10000
)
SELECT f.queue, 'ENQUEUED', (
    SELECT count(*) FROM (
        SELECT 1 FROM durable_engine_workflow AS w INDEXED BY durable_wf_claim
        WHERE w.status = 'ENQUEUED' AND w.queue_name = f.queue LIMIT :most
    )
)
FROM filled AS f
WHERE f.queue IS NOT NULL
UNION ALL
SELECT sampled.queue_name, 'DELAYED', count(*) FROM (
    SELECT queue_name FROM durable_engine_workflow INDEXED BY durable_wf_delayed
    WHERE status = 'DELAYED' LIMIT :most
) AS sampled
GROUP BY sampled.queue_name
UNION ALL
SELECT sampled.queue_name, 'PENDING', count(*) FROM (
    SELECT * FROM (
        SELECT queue_name FROM durable_engine_workflow INDEXED BY durable_wf_owned
        WHERE status = 'PENDING' AND executor_id IS NOT NULL LIMIT :most
    )
    UNION ALL
    SELECT * FROM (
        SELECT queue_name FROM durable_engine_workflow INDEXED BY durable_wf_due
        WHERE status = 'PENDING' AND executor_id IS NULL AND place = 0 LIMIT :most
    )
    UNION ALL
    SELECT * FROM (
        SELECT queue_name FROM durable_engine_workflow INDEXED BY durable_wf_returning
        WHERE status = 'PENDING' AND executor_id IS NULL AND place > 0 LIMIT :most
    )
) AS sampled
WHERE sampled.queue_name IS NOT NULL GROUP BY sampled.queue_name
