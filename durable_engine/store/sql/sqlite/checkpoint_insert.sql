-- checkpoint_insert
-- Prove, in the transaction of a step on another alias, that it committed.
-- Fields of StepRow; created_at: of the workflow; before: a moment earlier, what is
-- older proves something of a deleted workflow that had the same id, and is replaced.
-- Returns (workflow_id) if there was no proof of this workflow.
-- Index: primary key.
-- Differs: the conversion of instants is the vendor's own.
INSERT INTO durable_engine_transactioncheckpoint AS p (
    workflow_id, position, epoch, name, output, created_at
)
VALUES (
    :workflow_id, :position, :epoch, :name, :output, durable_instant(:created_at)
)
ON CONFLICT (workflow_id, position) DO UPDATE SET
    epoch = excluded.epoch, name = excluded.name, output = excluded.output,
    created_at = excluded.created_at
WHERE p.created_at < durable_instant(:before)
RETURNING workflow_id
