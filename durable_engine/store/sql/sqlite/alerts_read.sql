-- alerts_read
-- Read what is remembered of troubles, the oldest first.
-- limit: most rows.
-- Returns the fields of AlertRow.
-- Index: primary key.
-- Differs: instants are the vendor's own.
SELECT kind, subject, durable_epoch(since), raised, durable_epoch(raised_at), pending
FROM durable_engine_alertstate ORDER BY id LIMIT :limit
