-- queues_declare
-- Write what code declares of queues; what operators decided stays.
-- rows: JSON array of {name, declared}, by name, so that two workers never deadlock.
-- Returns (name) of the rows changed.
-- Index: primary key.
-- Differs: JSON functions and the clock are vendor's own.
INSERT INTO durable_engine_queue AS q (
    name, declared, overridden, paused, created_at, updated_at
)
SELECT i.name, i.declared, '{}', false, clock_timestamp(), clock_timestamp()
FROM json_to_recordset(:rows::json) AS i (name text, declared jsonb)
ON CONFLICT (name) DO UPDATE SET
    declared = excluded.declared, updated_at = excluded.updated_at
WHERE q.declared <> excluded.declared
RETURNING name
