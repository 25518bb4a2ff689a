-- stream_append
-- Write to a stream from inside a step, which is not recorded by that.
-- workflow_id; epoch; position: of the step; executor_id; key; value or null; closes;
-- in_block: whether it is part of a transaction that is not the engine's.
-- Returns (workflow_id) if accepted; nothing also if somebody else, whose transaction
-- was waited for, took the number: try again.
-- Index: primary keys.
-- Fence (I3): owner, epoch and PENDING are checked in this statement, under a row lock.
-- Not in a block, where the lock would last: the body of a transaction takes as long as
-- it likes, and cancel and take-over would wait for it. Its checkpoint checks again.
-- Differs: row locks and the clock are the vendor's own.
WITH locked AS MATERIALIZED (
    SELECT w.id FROM durable_engine_workflow AS w
    WHERE w.id = :workflow_id AND w.epoch = :epoch AND NOT :in_block::boolean
        AND w.executor_id = :executor_id AND w.status = 'PENDING'
    FOR SHARE OF w
), own AS MATERIALIZED (
    SELECT id FROM locked
    UNION ALL
    SELECT w.id FROM durable_engine_workflow AS w
    WHERE w.id = :workflow_id AND w.epoch = :epoch AND :in_block::boolean
        AND w.executor_id = :executor_id AND w.status = 'PENDING'
)
INSERT INTO durable_engine_streamentry (
    workflow_id, key, "offset", value, closes, position, created_at
)
SELECT
    own.id, :key::text,
    (
        SELECT COALESCE(max(e."offset") + 1, 0) FROM durable_engine_streamentry AS e
        WHERE e.workflow_id = :workflow_id AND e.key = :key
    ),
    :value::text, :closes::boolean, :position::int, clock_timestamp()
FROM own
ON CONFLICT (workflow_id, key, "offset") DO NOTHING
RETURNING workflow_id
