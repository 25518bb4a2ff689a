-- fork_await
-- Let a fork begin by waiting for the fork of a child, where its origin failed.
-- id: the origin; new_id: the fork; start_step: where it failed; child_id.
-- Returns nothing.
-- Index: primary key.
INSERT INTO durable_engine_step (
    workflow_id, position, epoch, name, output, error, child_workflow_id, attempts,
    started_at, completed_at
)
SELECT
    CAST(:new_id AS text), s.position, 1, s.name, NULL, NULL, CAST(:child_id AS text),
    1, s.started_at, NULL
FROM durable_engine_step AS s
WHERE s.workflow_id = :id AND s.position = :start_step
