-- queue_start
-- Note starts of a queue with a rate limit, and forget those of windows that are over.
-- queue; starts: how many; period_seconds: the longest window that is asked for.
-- Returns nothing.
-- Index: durable_qs_window.
-- Differs: SQLite writes to one table a statement.
DELETE FROM durable_engine_queuestart
WHERE queue_name = :queue AND started_at < durable_instant(
    durable_epoch(durable_now()) - :period_seconds
)
-- then
INSERT INTO durable_engine_queuestart (queue_name, started_at, starts)
VALUES (:queue, durable_now(), :starts)
