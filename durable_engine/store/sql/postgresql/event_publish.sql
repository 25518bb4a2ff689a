-- event_publish
-- Publish a value from inside a step, which is not recorded by that.
-- workflow_id; epoch; position: of the step; executor_id; key; value;
-- in_block: whether it is part of a transaction that is not the engine's.
-- Returns (id) if accepted; it may be repeated, it is idempotent.
-- Index: primary keys.
-- Fence (I3): owner, epoch and PENDING are checked in this statement, under a row lock.
-- Not in a block, where the lock would last: the body of a transaction takes as long as
-- it likes, and cancel and take-over would wait for it. Its checkpoint checks again.
-- Differs: SQLite writes to one table a statement.
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
), latest AS (
    INSERT INTO durable_engine_event (workflow_id, key, value, position, updated_at)
    SELECT own.id, :key, :value, :position::int, clock_timestamp() FROM own
    ON CONFLICT (workflow_id, key) DO UPDATE SET
        value = excluded.value, position = excluded.position,
        updated_at = excluded.updated_at
    WHERE durable_engine_event.position <= excluded.position
), history AS (
    INSERT INTO durable_engine_eventhistory (
        workflow_id, key, position, value, created_at
    )
    SELECT own.id, :key, :position::int, :value, clock_timestamp() FROM own
    ON CONFLICT (workflow_id, key, position) DO UPDATE SET
        value = excluded.value, created_at = excluded.created_at
)
SELECT id FROM own
