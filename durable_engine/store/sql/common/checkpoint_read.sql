-- checkpoint_read
-- Read the proof of a transaction step on another alias.
-- workflow_id; position.
-- Returns (name, output, epoch) or nothing.
-- Index: primary key.
SELECT name, output, epoch FROM durable_engine_transactioncheckpoint
WHERE workflow_id = :workflow_id AND position = :position
