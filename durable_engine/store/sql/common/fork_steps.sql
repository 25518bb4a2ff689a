-- fork_steps
-- Copy the completed steps of a workflow before a position to its fork.
-- id: the origin; new_id: the fork; start_step: the first position not copied.
-- Returns nothing.
-- Index: primary key.
INSERT INTO durable_engine_step (
    workflow_id, position, epoch, name, output, error, child_workflow_id, attempts,
    started_at, completed_at
)
SELECT
    CAST(:new_id AS text), s.position, 1, s.name, s.output, s.error, s.child_workflow_id,
    s.attempts, s.started_at, s.completed_at
FROM durable_engine_step AS s
WHERE s.workflow_id = :id AND s.position < :start_step AND s.completed_at IS NOT NULL
