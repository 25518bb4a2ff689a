-- failure_child
-- Read which child failed where a workflow failed: a step that called it, or that
-- waited for one which an earlier step had started.
-- id; position: of the failed step.
-- Returns (child id, its status, the position that began it), or nothing.
-- Index: primary keys.
SELECT w.id, w.status, b.position
FROM durable_engine_step AS s
JOIN durable_engine_workflow AS w ON w.id = s.child_workflow_id
JOIN durable_engine_step AS b
    ON b.workflow_id = s.workflow_id AND b.child_workflow_id = w.id
WHERE s.workflow_id = :id AND s.position = :position
    AND b.position <= s.position AND b.name <> 'durable.get_result'
ORDER BY b.position LIMIT 1
