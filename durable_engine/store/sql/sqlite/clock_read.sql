-- clock_read
-- Ask the database for its time (I4).
-- Returns (epoch seconds).
-- Index: none.
-- Differs: the clock is the vendor's own.
SELECT durable_epoch(durable_now())
