-- outcome_update
-- Record the end of an owned workflow.
-- Parameters: the fields of OutcomeRow; executor_id: the owner.
-- Returns an empty row if accepted.
-- Index: primary key (a unary plus keeps the planner from the index of owned rows).
-- Fence (I3): a compare-and-set on owner, epoch and PENDING.
UPDATE durable_engine_workflow SET
    status = :status, output = :output, error = :error,
    wake_at = NULL, waiting_on = NULL,
    completed_at = :now, updated_at = :now
WHERE id = :workflow_id AND epoch = :epoch
    AND +executor_id = :executor_id AND +status = 'PENDING'
