-- waiting_wake
-- Make due now the unloaded workflows that wait for what has just happened.
-- keys: array of what rows wait for, such as `r:<id>`.
-- Returns (id) of the rows changed.
-- Index: durable_wf_waiting, primary keys.
-- `status || ''`: no partial index, empty when last analysed, may look cheaper.
-- Differs: arrays and the clock are the vendor's own.
WITH found AS MATERIALIZED (
    SELECT w.id FROM durable_engine_workflow AS w
    WHERE w.waiting_on IS NOT NULL AND w.waiting_on = ANY(:keys::text[])
        AND w.status = 'PENDING' AND w.executor_id IS NULL
    UNION
    SELECT k.workflow_id FROM durable_engine_waitingkey AS k
    WHERE k.key = ANY(:keys::text[])
)
UPDATE durable_engine_workflow AS w SET
    wake_at = clock_timestamp(), waiting_on = NULL, updated_at = clock_timestamp()
FROM found
WHERE w.id = found.id AND w.waiting_on IS NOT NULL
    AND w.status || '' = 'PENDING' AND w.executor_id IS NULL
RETURNING w.id
