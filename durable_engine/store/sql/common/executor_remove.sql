-- executor_remove
-- Forget an executor that stopped in order.
-- id.
-- Returns nothing.
-- Index: primary key.
DELETE FROM durable_engine_executor WHERE id = :id
