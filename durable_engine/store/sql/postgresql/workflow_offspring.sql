-- workflow_offspring
-- Read the direct children of some workflows, ended or not.
-- ids: text array; limit: most rows.
-- Returns (id).
-- Index: durable_wf_parent.
-- Differs: arrays are the vendor's own.
SELECT id FROM durable_engine_workflow
WHERE parent_workflow_id = ANY(:ids::text[]) LIMIT :limit
