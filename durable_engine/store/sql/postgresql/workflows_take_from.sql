-- workflows_take_from
-- Take running workflows from those of the executors whose lease has ended or that are
-- gone: each becomes due at once for any worker of its version, with its attempt counted
-- and the executor noted, the newest of them last, one a line.
-- executor_ids: text array; limit: most rows.
-- Returns (id) of the rows changed.
-- Index: durable_wf_owned, primary key of executors.
-- Guarantee: the row is checked again under its lock; one taker gets it.
-- Differs: arrays and the clock are the vendor's own; SQLite's writers take turns, so
-- that it needs no row locks.
UPDATE durable_engine_workflow AS w SET
    executor_id = NULL, epoch = w.epoch + 1,
    recovery_attempts = w.recovery_attempts + 1,
    lost_executors = right(concat_ws(chr(10), w.lost_executors, w.executor_id), 8000),
    wake_at = clock_timestamp(), waiting_on = NULL, updated_at = clock_timestamp()
FROM (
    SELECT w.id FROM durable_engine_workflow AS w
    WHERE w.status = 'PENDING' AND w.executor_id = ANY(:executor_ids::text[])
    AND NOT EXISTS (
        SELECT 1 FROM durable_engine_executor AS e
        WHERE e.id = w.executor_id AND e.lease_expires_at > (SELECT clock_timestamp())
    )
    LIMIT :limit FOR UPDATE OF w SKIP LOCKED
) AS dead
WHERE w.id = dead.id AND w.status || '' = 'PENDING'
RETURNING w.id
