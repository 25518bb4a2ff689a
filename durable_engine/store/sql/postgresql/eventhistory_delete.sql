-- eventhistory_delete
-- Delete the event values of workflows that are gone.
-- ids: text array of workflow ids.
-- Returns nothing.
-- Index: primary key.
-- Differs: arrays are the vendor's own.
DELETE FROM durable_engine_eventhistory WHERE workflow_id = ANY(:ids::text[])
