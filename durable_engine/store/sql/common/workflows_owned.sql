-- workflows_owned
-- Read which of the workflows that this process runs it still owns.
-- executor_id.
-- Returns (id, epoch).
-- Index: durable_wf_owned.
SELECT id, epoch FROM durable_engine_workflow
WHERE status = 'PENDING' AND executor_id = :executor_id
