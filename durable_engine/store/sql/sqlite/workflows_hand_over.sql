-- workflows_hand_over
-- Give back everything that a stopping executor still owns, its attempts uncounted.
-- executor_id.
-- Returns (id) of the rows changed.
-- Index: durable_wf_owned.
-- Differs: the clock is the vendor's own.
UPDATE durable_engine_workflow SET
    executor_id = NULL, epoch = epoch + 1, wake_at = durable_now(), waiting_on = NULL,
    updated_at = durable_now()
WHERE status = 'PENDING' AND executor_id = :executor_id
RETURNING id
