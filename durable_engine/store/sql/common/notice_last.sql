-- notice_last
-- Read the newest hint's number, to begin listening after it.
-- Returns (id or null).
-- Index: primary key.
SELECT max(id) FROM durable_engine_notice
