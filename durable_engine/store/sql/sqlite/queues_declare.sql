-- queues_declare
-- Write what code declares of queues; what operators decided stays.
-- rows: JSON array of {name, declared}.
-- Returns (name) of the rows changed.
-- Index: primary key.
-- Differs: JSON functions and the clock are vendor's own.
INSERT INTO durable_engine_queue (
    name, declared, overridden, paused, created_at, updated_at
)
SELECT i.value ->> 'name', i.value -> 'declared', '{}', 0, durable_now(), durable_now()
FROM json_each(:rows) AS i
WHERE true
ON CONFLICT (name) DO UPDATE SET
    declared = excluded.declared, updated_at = excluded.updated_at
WHERE durable_engine_queue.declared <> excluded.declared
RETURNING name
