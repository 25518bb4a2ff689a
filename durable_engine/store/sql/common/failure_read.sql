-- failure_read
-- Read where a workflow failed: its last step recorded with an error, and its last
-- completed step.
-- id.
-- Returns (position or null, position or null).
-- Index: primary key.
SELECT
    max(CASE WHEN s.error IS NOT NULL THEN s.position END),
    max(CASE WHEN s.completed_at IS NOT NULL THEN s.position END)
FROM durable_engine_step AS s WHERE s.workflow_id = :id
