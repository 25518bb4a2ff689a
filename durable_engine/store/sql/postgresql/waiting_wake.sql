-- waiting_wake
-- Make due now the unloaded workflows that wait for what has just happened.
-- keys: array of what rows wait for, such as `r:<id>`.
-- Returns (id) of the rows changed.
-- Index: durable_wf_waiting.
-- Differs: arrays and the clock are the vendor's own.
UPDATE durable_engine_workflow SET
    wake_at = clock_timestamp(), waiting_on = NULL, updated_at = clock_timestamp()
WHERE waiting_on IS NOT NULL AND waiting_on = ANY(:keys::text[])
    AND status = 'PENDING' AND executor_id IS NULL
RETURNING id
