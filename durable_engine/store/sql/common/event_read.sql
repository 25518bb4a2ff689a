-- event_read
-- Read the latest value of an event.
-- workflow_id; key.
-- Returns (value) or nothing.
-- Index: primary key.
SELECT value FROM durable_engine_event WHERE workflow_id = :workflow_id AND key = :key
