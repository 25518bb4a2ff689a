-- queue_control
-- Write what an operator decided about a queue, known yet or not.
-- queue; paused: null leaves it; patch: JSON object of limits, null resets one.
-- Returns (name).
-- Index: primary key.
-- Differs: JSON functions and the clock are vendor's own.
INSERT INTO durable_engine_queue (
    name, declared, overridden, paused, created_at, updated_at
)
VALUES (
    :queue, '{}', json_patch('{}', :patch), COALESCE(:paused, 0),
    durable_now(), durable_now()
)
ON CONFLICT (name) DO UPDATE SET
    overridden = json_patch(durable_engine_queue.overridden, :patch),
    paused = COALESCE(:paused, durable_engine_queue.paused),
    updated_at = excluded.updated_at
RETURNING name
