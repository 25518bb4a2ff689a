-- workflows_take_from
-- Take running workflows from those of the executors whose lease has ended or that are
-- gone: each becomes due at once for any worker of its version, with its attempt counted
-- and the executor noted, the newest of them last, one a line.
-- executor_ids: JSON array; limit: most rows.
-- Returns (id) of the rows changed.
-- Index: durable_wf_owned, primary key of executors.
-- Guarantee: the row is checked again under its lock; one taker gets it.
-- Differs: arrays and the clock are the vendor's own; SQLite's writers take turns, so
-- that it needs no row locks.
UPDATE durable_engine_workflow SET
    executor_id = NULL, epoch = epoch + 1, recovery_attempts = recovery_attempts + 1,
    lost_executors = substr(
        COALESCE(lost_executors || char(10), '') || executor_id, -8000
    ),
    wake_at = durable_now(), waiting_on = NULL, updated_at = durable_now()
WHERE id IN (
    SELECT w.id FROM durable_engine_workflow AS w
    WHERE w.status = 'PENDING'
    AND w.executor_id IN (SELECT value FROM json_each(:executor_ids))
    AND NOT EXISTS (
        SELECT 1 FROM durable_engine_executor AS e
        WHERE e.id = w.executor_id AND e.lease_expires_at > durable_now()
    )
    LIMIT :limit
)
RETURNING id
