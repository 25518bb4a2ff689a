-- alerts_read
-- Read what is remembered of troubles, the oldest first.
-- limit: most rows.
-- Returns the fields of AlertRow.
-- Index: primary key.
-- Differs: instants are the vendor's own.
SELECT kind, subject, extract(epoch FROM since)::float8, raised, extract(epoch FROM raised_at)::float8, pending
FROM durable_engine_alertstate ORDER BY id LIMIT :limit
