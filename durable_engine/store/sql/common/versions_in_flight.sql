-- versions_in_flight
-- Count workflows that have not ended by application version, up to a bound.
-- limit: most rows looked at of each kind (queued, delayed, unowned, owned).
-- Returns (app_version, number), in no order.
-- Index: durable_wf_claim, durable_wf_delayed, durable_wf_due, durable_wf_returning,
-- durable_wf_owned.
SELECT app_version, count(*) FROM (
    SELECT app_version FROM (
        SELECT app_version FROM durable_engine_workflow
        WHERE status = 'ENQUEUED' LIMIT :limit
    ) AS counted
    UNION ALL
    SELECT app_version FROM (
        SELECT app_version FROM durable_engine_workflow
        WHERE status = 'DELAYED' LIMIT :limit
    ) AS counted
    UNION ALL
    SELECT app_version FROM (
        SELECT app_version FROM durable_engine_workflow
        WHERE status = 'PENDING' AND executor_id IS NULL AND place = 0 LIMIT :limit
    ) AS counted
    UNION ALL
    SELECT app_version FROM (
        SELECT app_version FROM durable_engine_workflow
        WHERE status = 'PENDING' AND executor_id IS NULL AND place > 0 LIMIT :limit
    ) AS counted
    UNION ALL
    SELECT app_version FROM (
        SELECT app_version FROM durable_engine_workflow
        WHERE status = 'PENDING' AND executor_id IS NOT NULL LIMIT :limit
    ) AS counted
) AS active
GROUP BY app_version
