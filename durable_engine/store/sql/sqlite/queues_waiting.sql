-- queues_waiting
-- Tell which of some queues have anything that this process could claim.
-- queues, versions, names: JSON arrays.
-- Returns (queue).
-- Index: durable_wf_claim, durable_wf_returning.
-- Differs: arrays and the clock are the vendor's own.
SELECT q.value FROM json_each(:queues) AS q
WHERE EXISTS (
    SELECT 1 FROM durable_engine_workflow INDEXED BY durable_wf_claim
    WHERE status = 'ENQUEUED' AND queue_name = q.value
        AND app_version IN (SELECT value FROM json_each(:versions))
        AND name IN (SELECT value FROM json_each(:names))
) OR EXISTS (
    SELECT 1 FROM durable_engine_workflow INDEXED BY durable_wf_returning
    WHERE status = 'PENDING' AND executor_id IS NULL AND place > 0
        AND queue_name = q.value AND wake_at <= durable_now()
        AND app_version IN (SELECT value FROM json_each(:versions))
        AND name IN (SELECT value FROM json_each(:names))
)
