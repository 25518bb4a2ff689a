-- workflow_lock
-- Wait for whoever writes to a workflow, such as a commit whose answer was lost.
-- id.
-- Returns (id).
-- Index: primary key.
SELECT id FROM durable_engine_workflow WHERE id = :id
