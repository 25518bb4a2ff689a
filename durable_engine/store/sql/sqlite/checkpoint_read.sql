-- checkpoint_read
-- Read the proof of a transaction step on another alias.
-- workflow_id; position; before, after: moments around the workflow's created_at: one
-- that was deleted, or that came later, may have had the same id.
-- Returns (name, output, epoch) or nothing.
-- Index: primary key.
-- Differs: the conversion of instants is the vendor's own.
SELECT name, output, epoch FROM durable_engine_transactioncheckpoint
WHERE workflow_id = :workflow_id AND position = :position
    AND created_at BETWEEN durable_instant(:before) AND durable_instant(:after)
