-- stream_append
-- Write to a stream from inside a step, which is not recorded by that.
-- workflow_id; epoch; position: of the step; executor_id; key; value or null; closes.
-- in_block is for row locks only.
-- Returns (workflow_id) if accepted.
-- Index: primary keys.
-- Fence (I3): owner, epoch and PENDING are checked in this statement.
-- Differs: row locks and the clock are the vendor's own.
WITH own AS (
    SELECT w.id FROM durable_engine_workflow AS w
    WHERE w.id = :workflow_id AND w.epoch = :epoch
        AND w.executor_id = :executor_id AND w.status = 'PENDING'
)
INSERT INTO durable_engine_streamentry (
    workflow_id, key, "offset", value, closes, position, created_at
)
SELECT
    own.id, :key,
    (
        SELECT COALESCE(max(e."offset") + 1, 0) FROM durable_engine_streamentry AS e
        WHERE e.workflow_id = :workflow_id AND e.key = :key
    ),
    :value, :closes, :position, durable_now()
FROM own
RETURNING workflow_id
