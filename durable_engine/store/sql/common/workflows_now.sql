-- workflows_now
-- Count the workflows that have not ended; counting ends at `most` rows of a kind.
-- most.
-- Returns (enqueued, delayed, waiting outside all processes, held by a process).
-- Index: durable_wf_claim, durable_wf_delayed, durable_wf_due, durable_wf_returning,
-- durable_wf_owned.
SELECT
    (SELECT count(*) FROM (
        SELECT 1 FROM durable_engine_workflow WHERE status = 'ENQUEUED' LIMIT :most
    ) AS bounded),
    (SELECT count(*) FROM (
        SELECT 1 FROM durable_engine_workflow WHERE status = 'DELAYED' LIMIT :most
    ) AS bounded),
    (SELECT count(*) FROM (
        SELECT 1 FROM durable_engine_workflow
        WHERE status = 'PENDING' AND executor_id IS NULL AND place = 0 LIMIT :most
    ) AS bounded) + (SELECT count(*) FROM (
        SELECT 1 FROM durable_engine_workflow
        WHERE status = 'PENDING' AND executor_id IS NULL AND place > 0 LIMIT :most
    ) AS bounded),
    (SELECT count(*) FROM (
        SELECT 1 FROM durable_engine_workflow
        WHERE status = 'PENDING' AND executor_id IS NOT NULL LIMIT :most
    ) AS bounded)
