-- workflows_wake
-- Make unloaded workflows due now.
-- ids: array.
-- Returns (id) of the rows changed.
-- Index: primary key.
-- Differs: arrays and the clock are the vendor's own.
UPDATE durable_engine_workflow SET
    wake_at = durable_now(), waiting_on = NULL, updated_at = durable_now()
WHERE id IN (SELECT value FROM json_each(:ids)) AND status || '' = 'PENDING' AND executor_id IS NULL
RETURNING id
