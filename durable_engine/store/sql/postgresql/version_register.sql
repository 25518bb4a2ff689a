-- version_register
-- Note that a version of the application runs here.
-- name.
-- Returns nothing.
-- Index: primary key.
-- Differs: the clock is the vendor's own.
INSERT INTO durable_engine_applicationversion (name, created_at, last_seen_at)
VALUES (:name, clock_timestamp(), clock_timestamp())
ON CONFLICT (name) DO UPDATE SET last_seen_at = excluded.last_seen_at
