-- finish
-- Record the last step of a workflow and its outcome: the short form of what a
-- workflow called directly writes last.
-- Fields of StepRow; executor_id; status, result, failure: the outcome.
-- Returns an empty row if both were accepted; else neither outcome was, and each is explained.
-- Index: primary keys.
-- Fence (I3): owner, epoch and PENDING are checked in each statement.
-- Differs: two statements in one transaction.
INSERT INTO durable_engine_step (
    workflow_id, position, epoch, name, output, error, child_workflow_id, attempts,
    started_at, completed_at
)
SELECT
    :workflow_id, :position, :epoch, :name, :output, :error,
    :child_workflow_id, :attempts,
    durable_instant(:started_at), durable_instant(:completed_at)
FROM durable_engine_workflow AS w
WHERE w.id = :workflow_id AND w.epoch = :epoch
    AND +w.status = 'PENDING' AND +w.executor_id = :executor_id
ON CONFLICT (workflow_id, position) DO UPDATE SET
    epoch = excluded.epoch, name = excluded.name, started_at = excluded.started_at,
    output = excluded.output, error = excluded.error,
    child_workflow_id = excluded.child_workflow_id, attempts = excluded.attempts,
    completed_at = excluded.completed_at
WHERE durable_engine_step.completed_at IS NULL
-- then
UPDATE durable_engine_workflow SET
    status = :status, output = :result, error = :failure,
    wake_at = NULL, waiting_on = NULL,
    completed_at = :now, updated_at = :now
WHERE changes() = 1 AND id = :workflow_id AND epoch = :epoch
    AND +executor_id = :executor_id AND +status = 'PENDING'
