-- fork_streams
-- Copy the stream entries that were written at the steps that the fork has, and
-- number them anew, without gaps.
-- id: the origin; new_id: the fork.
-- Returns nothing.
-- Index: primary keys.
INSERT INTO durable_engine_streamentry (
    workflow_id, key, "offset", value, closes, position, created_at
)
SELECT
    CAST(:new_id AS text), e.key,
    row_number() OVER (PARTITION BY e.key ORDER BY e."offset") - 1,
    e.value, e.closes, e.position, e.created_at
FROM durable_engine_streamentry AS e
WHERE e.workflow_id = :id AND EXISTS (
    SELECT 1 FROM durable_engine_step AS s
    WHERE s.workflow_id = :new_id AND s.position = e.position
)
