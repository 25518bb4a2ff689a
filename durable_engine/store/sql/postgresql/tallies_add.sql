-- tallies_add
-- Add what a process counted since its last heartbeat.
-- rows: JSON array of TallyRow, sorted.
-- Returns nothing.
-- Index: durable_tally_unique.
-- Differs: JSON functions and the clock are vendor's own.
INSERT INTO durable_engine_tally AS t (metric, name, label, value, updated_at)
SELECT i.metric, i.name, i.label, i.value, clock_timestamp()
FROM json_to_recordset(:rows::json) AS i (
    metric text, name text, label text, value float8
)
ON CONFLICT (metric, name, label) DO UPDATE SET
    value = t.value + excluded.value, updated_at = excluded.updated_at
