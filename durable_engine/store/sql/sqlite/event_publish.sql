-- event_publish
-- Publish a value from inside a step, which is not recorded by that.
-- workflow_id; epoch; position: of the step; executor_id; key; value.
-- in_block is for row locks only.
-- Returns (id) if accepted; it may be repeated, it is idempotent.
-- Index: primary keys.
-- Fence (I3): owner, epoch and PENDING are checked in each statement; they are one
-- transaction of the one writer.
-- Differs: SQLite writes to one table a statement.
INSERT INTO durable_engine_event (workflow_id, key, value, position, updated_at)
SELECT w.id, :key, :value, :position, durable_now() FROM durable_engine_workflow AS w
WHERE w.id = :workflow_id AND w.epoch = :epoch
    AND w.executor_id = :executor_id AND w.status = 'PENDING'
ON CONFLICT (workflow_id, key) DO UPDATE SET
    value = excluded.value, position = excluded.position,
    updated_at = excluded.updated_at
WHERE durable_engine_event.position <= excluded.position
-- then
INSERT INTO durable_engine_eventhistory (workflow_id, key, position, value, created_at)
SELECT w.id, :key, :position, :value, durable_now() FROM durable_engine_workflow AS w
WHERE w.id = :workflow_id AND w.epoch = :epoch
    AND w.executor_id = :executor_id AND w.status = 'PENDING'
ON CONFLICT (workflow_id, key, position) DO UPDATE SET
    value = excluded.value, created_at = excluded.created_at
-- then
SELECT w.id FROM durable_engine_workflow AS w
WHERE w.id = :workflow_id AND w.epoch = :epoch
    AND w.executor_id = :executor_id AND w.status = 'PENDING'
