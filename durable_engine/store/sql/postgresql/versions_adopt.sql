-- versions_adopt
-- Let workflows that nobody runs belong to another version of the application.
-- versions: text array of those they belong to; names: text array of workflows;
-- app_version: the new one; limit: most rows of each status.
-- Returns (id) of the rows changed.
-- Index: durable_wf_claim, durable_wf_delayed, durable_wf_due, durable_wf_returning.
-- Guarantee: what has an owner is left alone; the row is checked again under its lock.
-- Differs: SQLite's writers take turns, so that it needs no row locks.
WITH queued AS MATERIALIZED (
    SELECT id FROM durable_engine_workflow
    WHERE status = 'ENQUEUED' AND app_version = ANY(:versions::text[])
        AND name = ANY(:names::text[])
    LIMIT :limit FOR UPDATE SKIP LOCKED
), delayed AS MATERIALIZED (
    SELECT id FROM durable_engine_workflow
    WHERE status = 'DELAYED' AND app_version = ANY(:versions::text[])
        AND name = ANY(:names::text[])
    LIMIT :limit FOR UPDATE SKIP LOCKED
), unowned AS MATERIALIZED (
    SELECT id FROM durable_engine_workflow
    WHERE status = 'PENDING' AND executor_id IS NULL
        AND app_version = ANY(:versions::text[]) AND name = ANY(:names::text[])
    LIMIT :limit FOR UPDATE SKIP LOCKED
), idle AS (
    SELECT id FROM queued UNION ALL SELECT id FROM delayed
    UNION ALL SELECT id FROM unowned
)
UPDATE durable_engine_workflow AS w SET
    app_version = :app_version, updated_at = clock_timestamp()
FROM idle
WHERE w.id = idle.id AND w.executor_id IS NULL
    AND w.status || '' IN ('ENQUEUED', 'DELAYED', 'PENDING')
RETURNING w.id
