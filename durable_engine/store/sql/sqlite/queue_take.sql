-- queue_take
-- Take the workflows of a queue that were chosen by key.
-- ids: JSON array; executor_id; app_version; place: what they count as from now on.
-- Returns the fields of ClaimedWorkflow, in no order.
-- Index: primary key.
-- Guarantee: in queue_lock's transaction, nobody else takes them.
-- Differs: arrays and the clock are the vendor's own.
UPDATE durable_engine_workflow AS w SET
    status = 'PENDING', executor_id = :executor_id, epoch = w.epoch + 1,
    recovery_attempts = w.recovery_attempts + (w.status = 'ENQUEUED'),
    app_version = :app_version, wake_at = NULL, waiting_on = NULL, place = :place,
    started_at = COALESCE(w.started_at, durable_now()), updated_at = durable_now(),
    deadline = COALESCE(
        w.deadline, durable_instant(durable_epoch(durable_now()) + w.timeout_seconds)
    )
WHERE w.id IN (SELECT value FROM json_each(:ids))
RETURNING id, name, inputs, epoch, recovery_attempts, durable_epoch(created_at),
    queue_name, durable_epoch(deadline), random_seed, started_by, priority,
    trace_context
