-- waitingkeys_write
-- Note what else wakes workflows that are being unloaded.
-- rows: JSON array of workflow_id and key.
-- Returns nothing.
-- Index: primary key.
-- Differs: JSON functions are the vendor's own.
INSERT INTO durable_engine_waitingkey (workflow_id, key)
SELECT i.value ->> 'workflow_id', i.value ->> 'key'
FROM json_each(:rows) AS i WHERE true
ON CONFLICT DO NOTHING
