-- fork_adopt
-- Make a fork the child of another fork.
-- child_id: the one; new_id: the other; begun_at: the position that began it.
-- Returns nothing.
-- Index: primary key.
UPDATE durable_engine_workflow
SET parent_workflow_id = :new_id, parent_position = :begun_at
WHERE id = :child_id
