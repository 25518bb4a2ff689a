-- checkpoint_insert
-- Prove, in the transaction of a step on another alias, that it committed.
-- Fields of StepRow.
-- Returns (workflow_id) if it was not there.
-- Index: primary key.
-- Differs: the clock is the vendor's own.
INSERT INTO durable_engine_transactioncheckpoint (
    workflow_id, position, epoch, name, output, created_at
)
VALUES (:workflow_id, :position, :epoch, :name, :output, durable_now())
ON CONFLICT (workflow_id, position) DO NOTHING
RETURNING workflow_id
