-- fork_history
-- Copy what a workflow published at the steps that its fork has.
-- id: the origin; new_id: the fork.
-- Returns nothing.
-- Index: primary keys.
INSERT INTO durable_engine_eventhistory (
    workflow_id, key, position, value, created_at
)
SELECT CAST(:new_id AS text), h.key, h.position, h.value, h.created_at
FROM durable_engine_eventhistory AS h
WHERE h.workflow_id = :id AND EXISTS (
    SELECT 1 FROM durable_engine_step AS s
    WHERE s.workflow_id = :new_id AND s.position = h.position
)
