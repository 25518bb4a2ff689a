-- step_delete
-- Delete the steps of workflows that are gone.
-- ids: text array of workflow ids.
-- Returns nothing.
-- Index: primary key.
-- Differs: arrays are the vendor's own.
DELETE FROM durable_engine_step WHERE workflow_id = ANY(:ids::text[])
