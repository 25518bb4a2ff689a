-- versions_adopt
-- Let workflows that nobody runs belong to another version of the application.
-- versions: JSON array of those they belong to; names: JSON array of workflows;
-- app_version: the new one; limit: most rows.
-- Returns (id) of the rows changed.
-- Index: durable_wf_claim, durable_wf_delayed, durable_wf_due, durable_wf_returning.
-- Guarantee: what has an owner is left alone (one writer at a time).
-- Differs: no row locks; arrays are JSON.
UPDATE durable_engine_workflow SET
    app_version = :app_version, updated_at = durable_now()
WHERE id IN (
    SELECT id FROM durable_engine_workflow
    WHERE (
            status = 'ENQUEUED' OR status = 'DELAYED'
            OR (status = 'PENDING' AND executor_id IS NULL)
        )
        AND app_version IN (SELECT value FROM json_each(:versions))
        AND name IN (SELECT value FROM json_each(:names))
    LIMIT :limit
)
RETURNING id
