-- attributes_update
-- Replace the attributes of workflows.
-- ids: text array; attributes: JSON text or null.
-- Returns (id) of the rows changed.
-- Index: primary key.
-- Differs: arrays, JSON and the clock are the vendor's own.
UPDATE durable_engine_workflow SET attributes = :attributes::jsonb, updated_at = clock_timestamp()
WHERE id = ANY(:ids::text[]) RETURNING id
