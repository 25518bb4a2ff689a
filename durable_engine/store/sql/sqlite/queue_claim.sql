-- queue_claim
-- Take workflows of one queue whose limits have been looked at: what is due again
-- (woken, released, taken over) first, then the queued by priority and age.
-- queue; executor_id; app_version; versions, names: JSON arrays of what this process
-- can run; due_limit, queued_limit: most rows of each kind; limit: most in all;
-- place: what the rows count as from now on.
-- Returns the fields of ClaimedWorkflow, in no order.
-- Index: durable_wf_returning, durable_wf_claim.
-- Guarantee: in queue_lock's transaction, the limits hold at every commit.
-- Differs: no row locks; arrays are JSON.
UPDATE durable_engine_workflow AS w SET
    status = 'PENDING', executor_id = :executor_id, epoch = w.epoch + 1,
    recovery_attempts = w.recovery_attempts + (w.status = 'ENQUEUED'),
    app_version = :app_version, wake_at = NULL, waiting_on = NULL, place = :place,
    started_at = COALESCE(w.started_at, durable_now()), updated_at = durable_now(),
    deadline = COALESCE(
        w.deadline, durable_instant(durable_epoch(durable_now()) + w.timeout_seconds)
    )
WHERE w.id IN (
    SELECT id FROM (
        SELECT id FROM (
            SELECT id FROM durable_engine_workflow INDEXED BY durable_wf_returning
            WHERE status = 'PENDING' AND executor_id IS NULL AND place > 0
                AND queue_name = :queue AND wake_at <= (SELECT durable_now())
                AND app_version IN (SELECT value FROM json_each(:versions))
                AND name IN (SELECT value FROM json_each(:names))
            ORDER BY wake_at LIMIT :due_limit
        )
        UNION ALL
        SELECT id FROM (
            SELECT id FROM durable_engine_workflow INDEXED BY durable_wf_claim
            WHERE status = 'ENQUEUED' AND queue_name = :queue
                AND app_version IN (SELECT value FROM json_each(:versions))
                AND name IN (SELECT value FROM json_each(:names))
            ORDER BY priority, created_at LIMIT :queued_limit
        )
    )
    LIMIT :limit
)
RETURNING id, name, inputs, epoch, recovery_attempts, durable_epoch(created_at),
    queue_name, durable_epoch(deadline), random_seed, started_by, priority,
    trace_context
