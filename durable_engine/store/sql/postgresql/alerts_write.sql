-- alerts_write
-- Write what is remembered of troubles.
-- rows: JSON array of AlertRow.
-- Returns nothing.
-- Index: durable_alert_unique.
-- Differs: JSON functions and instants are vendor's own.
INSERT INTO durable_engine_alertstate (kind, subject, since, raised, raised_at, pending)
SELECT
    i.kind, i.subject, to_timestamp(i.since), i.raised, to_timestamp(i.raised_at),
    i.pending
FROM json_to_recordset(:rows::json) AS i (
    kind text, subject text, since float8, raised boolean, raised_at float8,
    pending int
)
ON CONFLICT (kind, subject) DO UPDATE SET
    since = excluded.since, raised = excluded.raised, raised_at = excluded.raised_at,
    pending = excluded.pending
