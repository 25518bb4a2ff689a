-- queue_claim
-- Take workflows of one queue whose limits have been looked at: what is due again
-- (woken, released, taken over) first, then the queued by priority and age.
-- queue; executor_id; app_version; versions, names: text arrays of what this process
-- can run; due_limit, queued_limit: most rows of each kind; limit: most in all;
-- place: what the rows count as from now on.
-- Returns the fields of ClaimedWorkflow, in no order.
-- Index: durable_wf_returning, durable_wf_claim.
-- Guarantee: with queue_lock held, the limits hold at every commit.
-- Differs: SQLite's writers take turns, so that it needs no row locks.
WITH t AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), due AS MATERIALIZED (
    SELECT w.id FROM durable_engine_workflow AS w
    WHERE w.status = 'PENDING' AND w.executor_id IS NULL AND w.place > 0
        AND w.queue_name = :queue AND w.wake_at <= (SELECT now FROM t)
        AND w.app_version = ANY(:versions::text[]) AND w.name = ANY(:names::text[])
    ORDER BY w.wake_at LIMIT :due_limit FOR UPDATE SKIP LOCKED
), room AS MATERIALIZED (
    SELECT LEAST(:queued_limit::bigint, :limit - count(*)) AS places FROM due
), queued AS MATERIALIZED (
    SELECT e.id
    FROM unnest(:versions::text[]) AS v (version), LATERAL (
        SELECT w.id, w.priority, w.created_at FROM durable_engine_workflow AS w
        WHERE w.status = 'ENQUEUED' AND w.queue_name = :queue
            AND w.app_version = v.version AND w.name = ANY(:names::text[])
        ORDER BY w.priority, w.created_at
        LIMIT (SELECT places FROM room) FOR UPDATE SKIP LOCKED
    ) AS e
    ORDER BY e.priority, e.created_at LIMIT (SELECT places FROM room)
), picked AS (
    SELECT id FROM due UNION ALL SELECT id FROM queued
)
UPDATE durable_engine_workflow AS w SET
    status = 'PENDING', executor_id = :executor_id, epoch = w.epoch + 1,
    recovery_attempts = w.recovery_attempts + (w.status = 'ENQUEUED')::int,
    app_version = :app_version, wake_at = NULL, waiting_on = NULL, place = :place::int,
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
