-- schedule_delete
-- Delete a schedule; the workflows that it started stay.
-- name.
-- Returns (name) if there was one.
-- Index: primary key.
DELETE FROM durable_engine_schedule WHERE name = :name RETURNING name
