-- schedule_pause
-- Pause or resume a schedule. Resumed, it counts from now: ticks in the pause are
-- not missed.
-- name; paused.
-- Returns (name) if there is one.
-- Index: primary key.
-- Differs: the clock is the vendor's own.
UPDATE durable_engine_schedule SET
    active_since = CASE WHEN paused AND NOT :paused::boolean THEN clock_timestamp() ELSE active_since END,
    updated_at = CASE WHEN paused = :paused::boolean THEN updated_at ELSE clock_timestamp() END,
    paused = :paused::boolean
WHERE name = :name
RETURNING name
