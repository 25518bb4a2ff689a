-- message_delete
-- Delete the messages of workflows that are gone.
-- ids: JSON array of workflow ids.
-- Returns nothing.
-- Index: primary key, durable_msg_workflow.
-- Differs: arrays are the vendor's own.
DELETE FROM durable_engine_message WHERE workflow_id IN (SELECT value FROM json_each(:ids))
