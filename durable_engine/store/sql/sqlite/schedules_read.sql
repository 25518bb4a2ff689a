-- schedules_read
-- Read schedules, all or one.
-- name: null for all; limit: most rows.
-- Returns the fields of ScheduleRow (instants in epoch seconds), by name.
-- Index: primary key.
-- Differs: instants are converted by the vendor's own function.
SELECT
    name, workflow_name, expression, timezone, context, queue_name,
    automatic_backfill, declared_in_code, paused, durable_epoch(last_slot),
    durable_epoch(active_since), durable_epoch(created_at)
FROM durable_engine_schedule
WHERE :name IS NULL OR name = :name
ORDER BY name LIMIT :limit
