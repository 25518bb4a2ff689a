-- queue_usage
-- Count what decides whether a queue may start more.
-- queue; most: where counting ends (0: not asked); period_seconds of the rate limit;
-- app_version of who asks.
-- Returns (places taken, in line: due again and to be served before the queued,
-- starts in the window, seconds until the oldest of them leaves it or null).
-- In line counts the version that asks, though its lease may have ended while it
-- waited, and those that a living worker runs: a workflow that nobody can
-- continue blocks nobody, and takes a place again when it is claimed.
-- Index: durable_wf_placed, durable_wf_returning, durable_qs_window.
-- Differs: the clock is the vendor's own.
SELECT
    (SELECT count(*) FROM (
        SELECT 1 FROM durable_engine_workflow INDEXED BY durable_wf_placed
        WHERE status = 'PENDING' AND queue_name = :queue
            AND (place = 1 OR (executor_id IS NOT NULL AND place = 2))
            AND (
                executor_id IS NOT NULL OR wake_at IS NULL OR wake_at > durable_now()
            )
        LIMIT :most
    )),
    (SELECT count(*) FROM (
        SELECT 1 FROM durable_engine_workflow AS w INDEXED BY durable_wf_returning
        WHERE w.status = 'PENDING' AND w.executor_id IS NULL AND w.place > 0
            AND w.queue_name = :queue AND w.wake_at <= durable_now()
            AND (w.app_version = :app_version OR EXISTS (
                SELECT 1 FROM durable_engine_executor AS e
                WHERE e.app_version = w.app_version
                    AND e.lease_expires_at > durable_now()
            ))
        LIMIT :most
    )),
    COALESCE(sum(s.starts), 0),
    durable_epoch(min(s.started_at)) - durable_epoch(durable_now()) + :period_seconds
FROM durable_engine_queuestart AS s
WHERE s.queue_name = :queue AND s.started_at > durable_instant(
    durable_epoch(durable_now()) - :period_seconds
)
