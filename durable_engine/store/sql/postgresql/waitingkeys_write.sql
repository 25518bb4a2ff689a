-- waitingkeys_write
-- Note what else wakes workflows that are being unloaded.
-- rows: JSON array of workflow_id and key.
-- Returns nothing.
-- Index: primary key.
-- Differs: JSON functions are the vendor's own.
INSERT INTO durable_engine_waitingkey (workflow_id, key)
SELECT i.workflow_id, i.key
FROM json_to_recordset(:rows::json) AS i (workflow_id text, key text)
ON CONFLICT DO NOTHING
