-- workflow_claim
-- Take workflows that are due or queued; counts the attempt before anything is
-- decoded. Due ones (woken, released, taken over) come first, then the queues by
-- priority and age.
-- executor_id; app_version; versions, names, queues: text arrays of what this
-- process can run; limit: most rows.
-- Returns the fields of ClaimedWorkflow, in no order.
-- What has a place in a queue with limits (place > 0) is claimed by queue_claim. So is
-- all of a queue that has limits, or is paused, by now: the process may not know yet.
-- Index: durable_wf_due, durable_wf_claim (one probe a queue and version).
-- `status || ''`: no partial index, empty when last analysed, may look cheaper.
-- Guarantee: two claimers never get one row (SKIP LOCKED, rechecked under the lock).
-- Differs: SQLite's writers take turns, so that it needs no row locks.
WITH t AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), due AS MATERIALIZED (
    SELECT d.id, d.wake_at
    FROM unnest(:versions::text[]) AS v (version), LATERAL (
        SELECT w.id, w.wake_at FROM durable_engine_workflow AS w
        WHERE w.status = 'PENDING' AND w.executor_id IS NULL AND w.place = 0
            AND w.app_version = v.version AND w.wake_at <= (SELECT now FROM t)
            AND w.name = ANY(:names::text[])
        ORDER BY w.wake_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ) AS d
    ORDER BY d.wake_at LIMIT :limit
), queued AS MATERIALIZED (
    SELECT e.id
    FROM (
        SELECT u.queue FROM unnest(:queues::text[]) AS u (queue)
        WHERE NOT EXISTS (
            SELECT 1 FROM durable_engine_queue AS d
            WHERE d.name = u.queue AND (
                d.paused OR (d.declared || d.overridden) ?| ARRAY[
                    'concurrency', 'worker_concurrency', 'limiter', 'partition_concurrency'
                ]
            )
        )
    ) AS q, unnest(:versions::text[]) AS v (version),
    LATERAL (
        SELECT w.id, w.priority, w.created_at FROM durable_engine_workflow AS w
        WHERE w.status = 'ENQUEUED' AND w.queue_name = q.queue
            AND w.app_version = v.version AND w.name = ANY(:names::text[])
        ORDER BY w.priority, w.created_at
        LIMIT :limit - (SELECT count(*) FROM due) FOR UPDATE SKIP LOCKED
    ) AS e
    ORDER BY e.priority, e.created_at LIMIT :limit - (SELECT count(*) FROM due)
), picked AS (
    SELECT id FROM due UNION ALL SELECT id FROM queued
)
UPDATE durable_engine_workflow AS w SET
    status = 'PENDING', executor_id = :executor_id, epoch = w.epoch + 1,
    recovery_attempts = w.recovery_attempts + (w.status = 'ENQUEUED')::int,
    app_version = :app_version, wake_at = NULL, waiting_on = NULL,
    started_at = COALESCE(w.started_at, t.now), updated_at = t.now,
    deadline = COALESCE(w.deadline, t.now + w.timeout_seconds * interval '1 second')
FROM picked, t
WHERE w.id = picked.id AND (
    w.status || '' = 'ENQUEUED' OR (w.status || '' = 'PENDING' AND w.executor_id IS NULL)
)
RETURNING w.id, w.name, w.inputs, w.epoch, w.recovery_attempts,
    extract(epoch FROM w.created_at)::float8, w.queue_name,
    extract(epoch FROM w.deadline)::float8, w.random_seed, w.started_by, w.priority,
    w.trace_context
