-- outcomes_update
-- Record the ends of owned workflows.
-- outcomes: JSON array of OutcomeRow; executor_id: the owner.
-- Returns (id) of the rows accepted.
-- Index: primary key (a unary plus keeps the planner from the index of owned rows).
-- Fence (I3): a compare-and-set on owner, epoch and PENDING.
UPDATE durable_engine_workflow AS w SET
    status = i.value ->> 'status', output = i.value ->> 'output',
    error = i.value ->> 'error', wake_at = NULL, waiting_on = NULL,
    completed_at = durable_now(), updated_at = durable_now()
FROM json_each(:outcomes) AS i
WHERE w.id = i.value ->> 'workflow_id' AND w.epoch = i.value ->> 'epoch'
    AND +w.executor_id = :executor_id AND +w.status = 'PENDING'
RETURNING id
