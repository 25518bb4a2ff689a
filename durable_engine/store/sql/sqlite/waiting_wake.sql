-- waiting_wake
-- Make due now the unloaded workflows that wait for what has just happened.
-- keys: array of what rows wait for, such as `r:<id>`.
-- Returns (id) of the rows changed.
-- Index: durable_wf_waiting, primary keys (a unary plus keeps the planner there).
-- Differs: arrays and the clock are the vendor's own.
UPDATE durable_engine_workflow SET
    wake_at = durable_now(), waiting_on = NULL, updated_at = durable_now()
WHERE id IN (
        SELECT w.id FROM durable_engine_workflow AS w
        WHERE w.waiting_on IS NOT NULL
            AND w.waiting_on IN (SELECT value FROM json_each(:keys))
            AND w.status = 'PENDING' AND w.executor_id IS NULL
        UNION
        SELECT k.workflow_id FROM durable_engine_waitingkey AS k
        WHERE k.key IN (SELECT value FROM json_each(:keys))
    )
    AND +waiting_on IS NOT NULL AND +status = 'PENDING' AND +executor_id IS NULL
RETURNING id
