-- workflows_waiting
-- Read what waits in queues, by name, queue and version.
-- limit: most rows looked at.
-- Returns (name, queue_name, app_version), each once, in no order.
-- Index: durable_wf_claim.
SELECT DISTINCT name, queue_name, app_version FROM (
    SELECT name, queue_name, app_version FROM durable_engine_workflow
    WHERE status = 'ENQUEUED' LIMIT :limit
) AS looked_at
