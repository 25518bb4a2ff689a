-- workflow_delete
-- Delete workflow rows, whatever their status. What belongs to them is deleted by
-- the next statements of the same transaction: a writer who holds a row has
-- committed by then, and finds no row to write for afterwards.
-- ids: text array.
-- Returns (id) of the rows deleted.
-- Index: primary key.
-- Differs: arrays are the vendor's own.
DELETE FROM durable_engine_workflow WHERE id = ANY(:ids::text[]) RETURNING id
