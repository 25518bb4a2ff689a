-- workflow_claim
-- Take workflows that are due or queued; counts the attempt before anything is
-- decoded. Due ones (woken, released, taken over) come first, then the queues by
-- priority and age.
-- executor_id; app_version; versions, names, queues: JSON arrays of what this
-- process can run; limit: most rows.
-- Returns the fields of ClaimedWorkflow, in no order.
-- What has a place in a queue with limits (place > 0) is claimed by queue_claim. So is
-- all of a queue that has limits, or is paused, by now: the process may not know yet.
-- Index: durable_wf_due, durable_wf_claim.
-- Guarantee: two claimers never get one row (one writer at a time).
-- Differs: no row locks; arrays are JSON.
UPDATE durable_engine_workflow AS w SET
    status = 'PENDING', executor_id = :executor_id, epoch = w.epoch + 1,
    recovery_attempts = w.recovery_attempts + (w.status = 'ENQUEUED'),
    app_version = :app_version, wake_at = NULL, waiting_on = NULL,
    started_at = COALESCE(w.started_at, durable_now()), updated_at = durable_now(),
    deadline = COALESCE(
        w.deadline, durable_instant(durable_epoch(durable_now()) + w.timeout_seconds)
    )
WHERE w.id IN (
    SELECT id FROM (
        SELECT id FROM (
            SELECT id FROM durable_engine_workflow INDEXED BY durable_wf_due
            WHERE status = 'PENDING' AND executor_id IS NULL AND place = 0
                AND app_version IN (SELECT value FROM json_each(:versions))
                AND wake_at <= (SELECT durable_now())
                AND name IN (SELECT value FROM json_each(:names))
            ORDER BY wake_at LIMIT :limit
        )
        UNION ALL
        SELECT id FROM (
            SELECT id FROM durable_engine_workflow INDEXED BY durable_wf_claim
            WHERE status = 'ENQUEUED'
                AND queue_name IN (
                    SELECT value FROM json_each(:queues)
                    WHERE value NOT IN (
                        SELECT q.name FROM durable_engine_queue AS q
                        WHERE q.name = value AND (
                            q.paused OR EXISTS (
                                SELECT 1 FROM json_each(
                                    json_patch(q.declared, q.overridden)
                                ) AS k
                                WHERE k.key IN (
                                    'concurrency', 'worker_concurrency', 'limiter',
                                    'partition_concurrency'
                                )
                            )
                        )
                    )
                )
                AND app_version IN (SELECT value FROM json_each(:versions))
                AND name IN (SELECT value FROM json_each(:names))
            ORDER BY priority, created_at LIMIT :limit
        )
    )
    LIMIT :limit
)
RETURNING id, name, inputs, epoch, recovery_attempts, durable_epoch(created_at),
    queue_name, durable_epoch(deadline), random_seed, started_by, priority,
    trace_context
