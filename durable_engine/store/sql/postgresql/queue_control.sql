-- queue_control
-- Write what an operator decided about a queue, known yet or not.
-- queue; paused: null leaves it; patch: JSON object of limits, null resets one.
-- Returns (name).
-- Index: primary key.
-- Differs: JSON functions and the clock are vendor's own.
INSERT INTO durable_engine_queue AS q (
    name, declared, overridden, paused, created_at, updated_at
)
VALUES (
    :queue, '{}', jsonb_strip_nulls(:patch::jsonb), COALESCE(:paused::boolean, false),
    clock_timestamp(), clock_timestamp()
)
ON CONFLICT (name) DO UPDATE SET
    overridden = jsonb_strip_nulls(q.overridden || :patch::jsonb),
    paused = COALESCE(:paused::boolean, q.paused), updated_at = excluded.updated_at
RETURNING name
