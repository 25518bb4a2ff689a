-- workflows_unfinished
-- Count the workflows that have not ended, by status and name; counting ends at `most`
-- rows of each of ENQUEUED and DELAYED, and of PENDING held, waiting, and waiting with
-- a place.
-- most.
-- Returns (status, name, rows), in no order; a status and name may come three times.
-- Ordered so that an index is read from its front, and not all of it into a bitmap.
-- Index: durable_wf_claim, durable_wf_delayed, durable_wf_owned, durable_wf_due,
-- durable_wf_returning.
SELECT 'ENQUEUED', name, count(*) FROM (
    SELECT name FROM durable_engine_workflow WHERE status = 'ENQUEUED'
    ORDER BY queue_name LIMIT :most
) AS bounded GROUP BY name
UNION ALL
SELECT 'DELAYED', name, count(*) FROM (
    SELECT name FROM durable_engine_workflow WHERE status = 'DELAYED'
    ORDER BY delay_until LIMIT :most
) AS bounded GROUP BY name
UNION ALL
SELECT 'PENDING', name, count(*) FROM (
    SELECT name FROM durable_engine_workflow
    WHERE status = 'PENDING' AND executor_id IS NOT NULL
    ORDER BY executor_id LIMIT :most
) AS bounded GROUP BY name
UNION ALL
SELECT 'PENDING', name, count(*) FROM (
    SELECT name FROM durable_engine_workflow
    WHERE status = 'PENDING' AND executor_id IS NULL AND place = 0
    ORDER BY app_version LIMIT :most
) AS bounded GROUP BY name
UNION ALL
SELECT 'PENDING', name, count(*) FROM (
    SELECT name FROM durable_engine_workflow
    WHERE status = 'PENDING' AND executor_id IS NULL AND place > 0
    ORDER BY queue_name LIMIT :most
) AS bounded GROUP BY name
