-- notices_read
-- Read the hints newer than the last seen.
-- last_id.
-- Returns (id, payload), by id.
-- Index: primary key.
SELECT id, payload FROM durable_engine_notice WHERE id > :last_id ORDER BY id LIMIT 1000
