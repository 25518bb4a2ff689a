-- notice_send
-- Hint to other processes that something changed (I5), and trim old hints.
-- payload: at most a few kilobytes, no user data.
-- Returns nothing.
-- Index: primary key.
-- Differs: SQLite has no NOTIFY; a row of durable_engine_notice stands in.
INSERT INTO durable_engine_notice (payload) VALUES (:payload)
-- then
DELETE FROM durable_engine_notice
WHERE id < (SELECT max(id) FROM durable_engine_notice) - 1000
