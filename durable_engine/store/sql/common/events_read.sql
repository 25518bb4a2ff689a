-- events_read
-- Read the latest value of every event of a workflow.
-- workflow_id.
-- Returns (key, value), by key.
-- Index: primary key.
SELECT key, value FROM durable_engine_event
WHERE workflow_id = :workflow_id ORDER BY key
