-- tallies_starts
-- Read when each queue had something taken from it last, as heartbeats wrote it.
-- Returns (queue, epoch seconds).
-- Index: durable_tally_unique.
-- Differs: instants are the vendor's own.
SELECT name, durable_epoch(updated_at) FROM durable_engine_tally
WHERE metric = 'claims' AND label = 'first'
