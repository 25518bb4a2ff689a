-- workflow_statuses
-- Read the status of some workflows.
-- ids: JSON array.
-- Returns (id, status).
-- Index: primary key.
-- Differs: arrays are the vendor's own.
SELECT id, status FROM durable_engine_workflow WHERE id IN (SELECT value FROM json_each(:ids))
