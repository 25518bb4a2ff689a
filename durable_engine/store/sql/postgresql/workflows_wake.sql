-- workflows_wake
-- Make unloaded workflows due now.
-- ids: array.
-- Returns (id) of the rows changed.
-- Index: primary key.
-- Differs: arrays and the clock are the vendor's own.
UPDATE durable_engine_workflow SET
    wake_at = clock_timestamp(), waiting_on = NULL, updated_at = clock_timestamp()
WHERE id = ANY(:ids::text[]) AND status || '' = 'PENDING' AND executor_id IS NULL
RETURNING id
