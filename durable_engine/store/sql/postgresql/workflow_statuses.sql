-- workflow_statuses
-- Read the status of some workflows.
-- ids: text array.
-- Returns (id, status).
-- Index: primary key.
-- Differs: arrays are the vendor's own.
SELECT id, status FROM durable_engine_workflow WHERE id = ANY(:ids::text[])
