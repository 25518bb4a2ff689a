-- notice_send
-- Hint to other processes that something changed (I5); in no other transaction.
-- payload: at most a few kilobytes, no user data.
-- Returns (nothing of use).
-- Index: none.
-- Differs: SQLite has no NOTIFY; a row of durable_engine_notice stands in.
SELECT pg_notify('durable_engine', :payload)
