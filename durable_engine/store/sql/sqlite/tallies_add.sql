-- tallies_add
-- Add what a process counted since its last heartbeat.
-- rows: JSON array of TallyRow, sorted.
-- Returns nothing.
-- Index: durable_tally_unique.
-- Differs: JSON functions and the clock are vendor's own.
INSERT INTO durable_engine_tally (metric, name, label, value, updated_at)
SELECT
    json_extract(i.value, '$.metric'), json_extract(i.value, '$.name'),
    json_extract(i.value, '$.label'), json_extract(i.value, '$.value'), durable_now()
FROM json_each(:rows) AS i
WHERE true
ON CONFLICT (metric, name, label) DO UPDATE SET
    value = durable_engine_tally.value + excluded.value,
    updated_at = excluded.updated_at
