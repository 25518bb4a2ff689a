-- outcome_read
-- Read the status and payloads of one workflow.
-- id.
-- Returns (status, name, output, error) or nothing.
-- Index: primary key.
SELECT status, name, output, error FROM durable_engine_workflow WHERE id = :id
