-- queue_start
-- Note starts of a queue with a rate limit, and forget those of windows that are over.
-- queue; starts: how many; period_seconds: the longest window that is asked for.
-- Returns nothing.
-- Index: durable_qs_window.
-- Differs: the clock is the vendor's own.
WITH old AS (
    DELETE FROM durable_engine_queuestart
    WHERE queue_name = :queue
        AND started_at < clock_timestamp() - :period_seconds::float8 * interval '1 second'
)
INSERT INTO durable_engine_queuestart (queue_name, started_at, starts)
VALUES (:queue, clock_timestamp(), :starts)
