-- ownership_read
-- Read what decides whether a refused row was mine after all (a commit whose answer
-- was lost): the workflow's right to run and the step at the position.
-- workflow_id; position (0: no step).
-- Returns (status, epoch, executor_id, step epoch, step completed, step output).
-- Index: primary keys.
SELECT w.status, w.epoch, w.executor_id, s.epoch, s.completed_at IS NOT NULL, s.output
FROM durable_engine_workflow AS w
LEFT JOIN durable_engine_step AS s ON s.workflow_id = w.id AND s.position = :position
WHERE w.id = :workflow_id
