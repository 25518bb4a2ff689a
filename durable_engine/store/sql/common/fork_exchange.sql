-- fork_exchange
-- Let the copied steps of a fork name the fork of a child instead of the child.
-- new_id: the fork; failed_id: the child; child_id: its fork.
-- Returns nothing.
-- Index: primary key.
UPDATE durable_engine_step SET child_workflow_id = :child_id
WHERE workflow_id = :new_id AND child_workflow_id = :failed_id
