-- streamentry_delete
-- Delete the stream entries of workflows that are gone.
-- ids: JSON array of workflow ids.
-- Returns nothing.
-- Index: primary key.
-- Differs: arrays are the vendor's own.
DELETE FROM durable_engine_streamentry WHERE workflow_id IN (SELECT value FROM json_each(:ids))
