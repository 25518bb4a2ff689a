-- alerts_write
-- Write what is remembered of troubles.
-- rows: JSON array of AlertRow.
-- Returns nothing.
-- Index: durable_alert_unique.
-- Differs: JSON functions and instants are vendor's own.
INSERT INTO durable_engine_alertstate (kind, subject, since, raised, raised_at, pending)
SELECT
    json_extract(i.value, '$.kind'), json_extract(i.value, '$.subject'),
    durable_instant(json_extract(i.value, '$.since')),
    json_extract(i.value, '$.raised'),
    durable_instant(json_extract(i.value, '$.raised_at')),
    json_extract(i.value, '$.pending')
FROM json_each(:rows) AS i
WHERE true
ON CONFLICT (kind, subject) DO UPDATE SET
    since = excluded.since, raised = excluded.raised, raised_at = excluded.raised_at,
    pending = excluded.pending
