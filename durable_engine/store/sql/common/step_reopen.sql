-- step_reopen
-- Turn a step back into one that has begun: its child was not inserted, and the
-- parent will record what it decides.
-- workflow_id; position.
-- Returns nothing.
-- Index: primary key.
UPDATE durable_engine_step SET completed_at = NULL, child_workflow_id = NULL
WHERE workflow_id = :workflow_id AND position = :position
