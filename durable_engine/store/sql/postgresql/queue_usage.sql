-- queue_usage
-- Count what decides whether a queue may start more.
-- queue; most: where counting ends (0: not asked); period_seconds of the rate limit;
-- app_version of who asks.
-- Returns (places taken, in line: due again and to be served before the queued,
-- starts in the window, seconds until the oldest of them leaves it or null).
-- In line counts the version that asks, though its lease may have ended while it
-- waited, and those that a living worker runs: a workflow that nobody can
-- continue blocks nobody, and takes a place again when it is claimed.
-- Index: durable_wf_placed, durable_wf_returning, durable_qs_window; the orders make
-- it read those to the limit only.
-- Differs: the clock is the vendor's own.
WITH t AS MATERIALIZED (
    SELECT clock_timestamp() AS now
)
SELECT
    (SELECT count(*) FROM (
        SELECT 1 FROM durable_engine_workflow AS w
        WHERE w.status = 'PENDING' AND w.queue_name = :queue
            AND (w.place = 1 OR (w.executor_id IS NOT NULL AND w.place = 2))
            AND (
                w.executor_id IS NOT NULL OR w.wake_at IS NULL
                OR w.wake_at > (SELECT now FROM t)
            )
        ORDER BY w.queue_partition_key LIMIT :most
    ) AS taken),
    (SELECT count(*) FROM (
        SELECT 1 FROM durable_engine_workflow AS w
        WHERE w.status = 'PENDING' AND w.executor_id IS NULL AND w.place > 0
            AND w.queue_name = :queue AND w.wake_at <= (SELECT now FROM t)
            AND (w.app_version = :app_version OR EXISTS (
                SELECT 1 FROM durable_engine_executor AS e
                WHERE e.app_version = w.app_version
                    AND e.lease_expires_at > (SELECT now FROM t)
            ))
        ORDER BY w.wake_at LIMIT :most
    ) AS line),
    window_.starts,
    extract(epoch FROM window_.oldest - t.now)::float8 + :period_seconds::float8
FROM t, LATERAL (
    SELECT COALESCE(sum(s.starts), 0)::int AS starts, min(s.started_at) AS oldest
    FROM durable_engine_queuestart AS s
    WHERE s.queue_name = :queue
        AND s.started_at > t.now - :period_seconds::float8 * interval '1 second'
) AS window_
