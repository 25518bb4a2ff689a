-- attributes_update
-- Replace the attributes of workflows.
-- ids: JSON array; attributes: JSON text or null.
-- Returns (id) of the rows changed.
-- Index: primary key.
-- Differs: arrays, JSON and the clock are the vendor's own.
UPDATE durable_engine_workflow SET attributes = :attributes, updated_at = durable_now()
WHERE id IN (SELECT value FROM json_each(:ids)) RETURNING id
